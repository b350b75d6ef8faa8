"""Time passes. JOBS: what runs at every tick, in this order."""

from bot.app import Job
from scheduler.collective import urge_organisations
from scheduler.drafts import ask_about_drafts
from scheduler.lapses import lapse
from scheduler.reminders import remind

JOBS = (
    Job("lapse", lapse),
    Job("remind", remind),
    Job("ask_about_drafts", ask_about_drafts),
    Job("urge_organisations", urge_organisations),
)
