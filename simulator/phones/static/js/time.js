// The moments of the simulated calendar, as a phone in Shanghai writes them.

const ZONE = "Asia/Shanghai";
const PARTS = new Intl.DateTimeFormat("zh-CN", {
  timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit",
});
const WEEKDAYS = ["日", "一", "二", "三", "四", "五", "六"];
const DAY = 86_400_000;

function parts(moment) {
  const found = {};
  for (const { type, value } of PARTS.formatToParts(moment)) found[type] = value;
  const midnight = Date.UTC(+found.year, +found.month - 1, +found.day);
  return { ...found, midnight, weekday: WEEKDAYS[new Date(midnight).getUTCDay()] };
}

/** 2026年11月21日 */
export function longDate(moment) {
  const p = parts(moment);
  return `${p.year}年${p.month}月${p.day}日`;
}

/** 11月21日 周六 09:30 */
export function shortMoment(moment) {
  const p = parts(moment);
  return `${p.month}月${p.day}日 周${p.weekday} ${p.hour}:${p.minute}`;
}

/** 星期六, and whether that is a weekend */
export function weekday(moment) {
  const p = parts(moment);
  return { name: `星期${p.weekday}`, weekend: p.weekday === "六" || p.weekday === "日" };
}

/** 09:30 */
export function clock(moment) {
  const p = parts(moment);
  return `${p.hour}:${p.minute}`;
}

/** The grey line above a message, as seen `now`. */
export function separator(moment, now) {
  const then = parts(moment);
  const today = parts(now);
  const days = Math.round((today.midnight - then.midnight) / DAY);
  const time = `${then.hour}:${then.minute}`;
  if (days === 0) return time;
  if (days === 1) return `昨天 ${time}`;
  const year = then.year === today.year ? "" : `${then.year}年`;
  return `${year}${then.month}月${then.day}日 周${then.weekday} ${time}`;
}
