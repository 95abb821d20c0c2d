// Reads requests {"calendar": TEXT, "last": "2027-01-31"}, one a line, and answers each with a line of JSON: the events
// by UID, with what they say and when they take place on the dates of the series up to the day `last`. Times are seconds
// since 1970, days are written as days.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

const moment = (time) => (time.isDate ? time.toString() : time.toUnixTime());

function dates(event, last) {
  if (!event.isRecurring()) {
    return [{ original: null, start: moment(event.startDate), end: moment(event.endDate), title: event.summary }];
  }
  const found = [];
  const iterator = event.iterator();
  for (let next = iterator.next(); next && next.toString().slice(0, 10) <= last; next = iterator.next()) {
    const { startDate, endDate, item } = event.getOccurrenceDetails(next);
    found.push({
      original: next.toString().replace("Z", ""),
      start: moment(startDate),
      end: moment(endDate),
      title: item.summary,
      description: item.description,
    });
  }
  return found;
}

function read({ calendar, last }) {
  const component = new ICAL.Component(ICAL.parse(calendar));
  const all = component.getAllSubcomponents("vevent").map((part) => new ICAL.Event(part));
  const events = all
    .filter((event) => !event.isRecurrenceException())
    .map((event) => {
      // The constructor would take all exceptions of the calendar for its own.
      event.exceptions = {};
      all.filter((other) => other.isRecurrenceException() && other.uid === event.uid)
        .forEach((other) => event.relateException(other));
      const values = (name) => event.component.getAllProperties(name).flatMap((property) => property.getValues());
      return [
        event.uid,
        {
          summary: event.summary,
          description: event.description,
          location: event.location,
          status: event.component.getFirstPropertyValue("status"),
          sequence: event.sequence,
          url: event.component.getFirstPropertyValue("url"),
          categories: values("categories"),
          cancelled: values("exdate").map((time) => time.toString().slice(0, 10)),
          moved: Object.values(event.exceptions).map((other) => other.recurrenceId.toString().slice(0, 10)),
          dates: dates(event, last),
        },
      ];
    });
  return Object.fromEntries(events);
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = read(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
