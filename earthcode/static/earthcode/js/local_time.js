// Beside each time the same moment by the visitor's own clock, where that differs. Nothing is lost without this script.

const twoDigits = (number) => String(number).padStart(2, "0");
const isoDay = (moment) =>
  [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()].map(twoDigits).join("-");
const clock = (moment) => [moment.getHours(), moment.getMinutes()].map(twoDigits).join(":");

// Both only where needed: the first keeps a slow phone busy for 20 ms.
const day = (moment) => moment.toLocaleDateString("en-GB", { day: "numeric", month: "long" });
// American English is the one that knows the letters of most zones: "1/5/2099, EST".
const zoneLetters = (moment) =>
  moment.toLocaleDateString("en-US", { timeZoneName: "short" }).split(" ").at(-1).replace(/^GMT(?=[+-])/, "UTC");

/** Minutes ahead of UTC, as written at the end of `iso`. */
function offset(iso) {
  const [, sign, hours, minutes] = iso.match(/([+-])(\d\d):(\d\d)$/) ?? [0, "+", 0, 0];
  return `${sign}1` * (hours * 60 + Number(minutes));
}

/** `08:00–09:30 your time (EST)`, with days where they are not those written; "" where the clocks agree. */
function yourTime(isos) {
  const moments = isos.map((iso) => new Date(iso));
  if (isos.every((iso, n) => offset(iso) === -moments[n].getTimezoneOffset())) return "";
  const days = moments.map(isoDay);
  const withDays = days.at(-1) !== days[0] || isos.some((iso, n) => !iso.startsWith(days[n]));
  const times = moments.map(
    (moment, n) => (withDays && days[n] !== days[n - 1] ? `${day(moment)}, ` : "") + clock(moment),
  );
  return `${times.join(withDays ? " – " : "–")} your time (${zoneLetters(moments[0])})`;
}

for (const written of document.querySelectorAll("[data-local-time]")) {
  const isos = [...written.querySelectorAll("time")].map((time) => time.dateTime).filter((iso) => iso.includes("T"));
  const beside = document.createElement("span");
  beside.className = "written__yours";
  beside.textContent = yourTime(isos);
  if (beside.textContent) written.append(" ", beside);
}
