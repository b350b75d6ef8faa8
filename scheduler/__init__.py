"""Time passes. JOBS: what runs at every tick, in this order."""

from bot.app import Job
from scheduler.collective import urge_organisations
from scheduler.drafts import ask_about_drafts
from scheduler.invitations import remind_the_invited
from scheduler.lapses import lapse
from scheduler.reminders import remind

JOBS = (
    Job("lapse", lapse),
    Job("remind", remind),
    Job("remind_the_invited", remind_the_invited),
    Job("ask_about_drafts", ask_about_drafts),
    Job("urge_organisations", urge_organisations),
)
