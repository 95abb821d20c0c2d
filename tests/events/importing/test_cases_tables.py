"""Tables as people and their programs write them in the languages of ESA's member states."""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001

import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from events.importing.feed import FeedUnusable, Level
from events.importing.parse import format_of, parse, table, words

CASES = Path(__file__).parents[2] / "data" / "cases"

# Not from the lists of the portal: the long and the short names of the months as glibc's locales have them, the former
# in the case that follows a day.
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "de_AT": "Jänner Feber März April Mai Juni Juli August September Oktober November Dezember",
    "lb": "Januar Februar Mäerz Abrëll Mee Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
    " marraskuuta joulukuuta",
    "et": "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
    "lv": "janvāris februāris marts aprīlis maijs jūnijs jūlijs augusts septembris oktobris novembris decembris",
    "lt": "sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "sk": "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
    "sl": "januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου"
    " Δεκεμβρίου",
    "ga": "Eanáir Feabhra Márta Aibreán Bealtaine Meitheamh Iúil Lúnasa Meán_Fómhair Deireadh_Fómhair Samhain Nollaig",
    "en short": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de short": "Jan. Feb. März Apr. Mai Jun. Jul. Aug. Sept. Okt. Nov. Dez.",
    "fr short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "it short": "gen feb mar apr mag giu lug ago set ott nov dic",
    "es short": "ene feb mar abr may jun jul ago sep oct nov dic",
    "pt short": "jan fev mar abr mai jun jul ago set out nov dez",
    "nl short": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "fi short": "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
    "et short": "jaan veebr märts apr mai juuni juuli aug sept okt nov dets",
    "lv short": "jan feb mar apr mai jūn jūl aug sep okt nov dec",
    "lt short": "saus. vas. kov. bal. geg. birž. liep. rugp. rugs. spal. lapkr. gruod.",
    "pl short": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "cs short": "led úno bře dub kvě čen čec srp zář říj lis pro",
    "hu short": "jan febr márc ápr máj jún júl aug szept okt nov dec",
    "ro short": "ian feb mar apr mai iun iul aug sep oct nov dec",
    "el short": "Ιαν Φεβ Μαρ Απρ Μαΐ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ",
    "ga short": "Ean Feabh Márta Aib Beal Meith Iúil Lún MFómh DFómh Samh Noll",
}
ROUND = [
    "{d} {m} {y}",
    "{d}. {m} {y}",
    "{m} {d}, {y}",
    "{y} {m} {d}",
    "{y}. {m} {d}.",
    "{d} de {m} de {y}",
    "{d}-{m}-{y}",
]


def read(data, zone="Europe/Rome", **options):
    data = data.encode() if isinstance(data, str) else data
    assert format_of(data) == "table"
    return parse(data, default_timezone=zone, **options)


def shown(feed):
    """Each event as its title and when it is: days, or the wall times of its zone."""
    return [(event.title, when(event)) for event in feed.events]


def when(event):
    def told(day, clock):
        return f"{day:%Y-%m-%d}" + (f" {clock:%H:%M}" if clock else "")

    start = told(event.start_date, event.start_time)
    if not (event.end_date or event.end_time):
        return start
    return f"{start} – {told(event.end_date or event.start_date, event.end_time)}"


def workbook(*rows, epoch=None, **formats):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    for row in rows:
        book.active.append(row)
    for place, code in formats.items():
        book.active[place].number_format = code
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "csv-all-day-column.csv": [("Open day", "2027-05-10")],
        "csv-eventbrite-columns.csv": [("A", "2027-05-04 09:00")],
        "csv-french-month.csv": [("A", "2027-06-04"), ("B", "2027-02-04")],
        "csv-german-month.csv": [("A", "2027-05-04"), ("B", "2027-05-04")],
        "csv-google-template.csv": [("Open day", "2027-05-24")],
        "csv-header-second-row.csv": [("A", "2027-05-04")],
        "csv-iso-basic.csv": [
            ("Python course", "2027-05-04 13:30 – 2027-05-04 16:00"),
            ("Open day", "2027-05-05"),
        ],
        "csv-month-two-digit.csv": [("A", "2027-05-04"), ("B", "2027-05-04")],
        "csv-outlook-export.csv": [("Open", "2027-05-25 10:00 – 2027-05-25 11:00")],
        "csv-private-column.csv": [],
        "csv-spanish.csv": [("Taller", "2027-05-04 09:00"), ("Otro", "2027-05-24 09:00")],
        "xlsx-serial-general-1904.xlsx": [("A", "2027-05-04")],
    }.items(),
)
def test_cases_of_others(name, expected):
    assert shown(read((CASES / name).read_bytes())) == expected


# Dates


def days_of_a_year():
    return st.dates(date(2027, 1, 1), date(2028, 12, 31))


@given(
    day=days_of_a_year(),
    language=st.sampled_from(sorted(MONTHS)),
    form=st.sampled_from(ROUND),
    shout=st.booleans(),
)
def test_every_date_of_every_language_comes_back(day, language, form, shout):
    name = MONTHS[language].split()[day.month - 1].replace("_", " ")
    text = form.format(d=day.day, m=name, y=day.year)
    text = text.upper() if shout else text
    assert table._moment("start", text, "", table.WINDOWS_EPOCH) == day


def test_all_days_of_a_year_in_all_languages():
    for names in MONTHS.values():
        for number in range(365):
            day = date(2027, 1, 1) + timedelta(days=number)
            name = names.split()[day.month - 1].replace("_", " ")
            assert table._in_words(f"{day.day}. {name} {day.year}")[:3] == (
                str(day.day),
                str(day.month),
                "2027",
            )


def test_no_name_of_a_month_means_two():
    found = {}
    for number, names in enumerate(words._MONTHS, 1):
        for name in map(words.folded, names.split()):
            assert found.setdefault(name, number) == number, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tisdag 4 maj 2027", "2027-05-04"),
        ("den 4 maj 2027 kl. 14.30", "2027-05-04 14:30"),
        ("Τρίτη, 4 Μαΐου 2027", "2027-05-04"),
        ("4 ΜΑΪΟΥ 2027", "2027-05-04"),
        ("wtorek, 4 maja 2027 r.", "2027-05-04"),
        ("4 maja 2027 godz. 14:30", "2027-05-04 14:30"),
        ("úterý 4. května 2027 v 14:30", "2027-05-04 14:30"),
        ("utorok 4. mája 2027 o 14:30 hod.", "2027-05-04 14:30"),
        ("Dienstag, den 4. Mai 2027 um 14:30 Uhr", "2027-05-04 14:30"),
        ("Di., 4. Mai 2027, 14 Uhr", "2027-05-04 14:00"),
        ("Di 04.05.2027", "2027-05-04"),
        ("mar. 4 mai 2027", "2027-05-04"),
        ("4 mar. 2027", "2027-03-04"),
        ("mar. 4 mars 2027", "2027-03-04"),
        ("mardi 1er juin 2027 à 14h30", "2027-06-01 14:30"),
        ("le 4 mai 2027 à 9h", "2027-05-04 09:00"),
        ("martedì 4 maggio 2027 ore 14:30", "2027-05-04 14:30"),
        ("1º maggio 2027", "2027-05-01"),
        ("martes, 4 de mayo de 2027 a las 14:30", "2027-05-04 14:30"),
        ("terça-feira, 4 de maio de 2027 às 14h30", "2027-05-04 14:30"),
        ("dinsdag 4 mei 2027 om 14.30 uur", "2027-05-04 14:30"),
        ("tirsdag den 4. maj 2027 kl. 14.30", "2027-05-04 14:30"),
        ("tiistai 4. toukokuuta 2027 klo 14.30", "2027-05-04 14:30"),
        ("ti 4.5.2027 klo 14.30", "2027-05-04 14:30"),
        ("teisipäev, 4. mai 2027", "2027-05-04"),
        ("otrdiena, 2027. gada 4. maijs", "2027-05-04"),
        ("2027 m. gegužės 4 d., antradienis", "2027-05-04"),
        ("2027. május 4., kedd 14:30", "2027-05-04 14:30"),
        ("2027. 05. 04.", "2027-05-04"),
        ("2027. 05. 04. kedd", "2027-05-04"),
        ("marți, 4 mai 2027, ora 14:30", "2027-05-04 14:30"),
        ("torek, 4. maj 2027 ob 14.30", "2027-05-04 14:30"),
        ("Dé Máirt 4 Bealtaine 2027", "2027-05-04"),
        ("4 Meán Fómhair 2027", "2027-09-04"),
        ("Tue May 4, 2027 2:30 p.m.", "2027-05-04 14:30"),
        ("May 4, 2027 @ 2:30 pm", "2027-05-04 14:30"),
        ("the 4th of May, 2027 at 14:30", "2027-05-04 14:30"),
        ("4-May-27 14:30", "2027-05-04 14:30"),
        ("04-MAI-2027", "2027-05-04"),
        ("4-Okt-27", "2027-10-04"),
        ("20270504", "2027-05-04"),
        ("20270504T143000", "2027-05-04 14:30"),
        ("20270504T1430", "2027-05-04 14:30"),
        ("20270504T123000Z", "2027-05-04 14:30"),
        ("2027-05-04 12:30:00 UTC", "2027-05-04 14:30"),
        ("2027-05-04T14:30:00+02:00", "2027-05-04 14:30"),
        ("4 Μαΐου 2027 2:30 μ.μ.", "2027-05-04 14:30"),
    ],
)
def test_dates_in_the_languages_of_the_member_states(text, expected):
    feed = read(f'Title;Start date\nA;"{text}"\n')
    assert shown(feed) == [("A", expected)], feed.problems


@pytest.mark.parametrize(
    "text",
    ["04/05/2027", "04-05-2027", "4 May", "May 2027", "4 May 14", "4 May 14:30", "mar. lun. 2027", "4 mai juin 2027",
     "4–6 May 2027", "4 and 5 May 2027", "Easter 4 May 2027", "31 września 2027", "30 Feb 2027", "4 May 2027 noon",
     "27-May-04", "May 4 27", "3 listopad", "20271304", "2027-05-04 25:00"],
)  # fmt: skip
def test_what_may_be_anything_is_told_and_not_guessed(text):
    feed = read(f'Title;Start date\nA;"{text}"\n')
    assert shown(feed) == []
    assert [problem.level for problem in feed.problems] == [Level.FAILED]
    assert text[:40] in feed.problems[0].reason


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("14h30", "16h", "14:30 – 16:00"),
        ("14 h 30", "", "14:30"),
        ("14.30 Uhr", "16 Uhr", "14:30 – 16:00"),
        ("kl. 14", "kl 16.15", "14:00 – 16:15"),
        ("klo 14", "", "14:00"),
        ("2:30 μ.μ.", "", "14:30"),
        ("2:30 p. m.", "4 PM", "14:30 – 16:00"),
        ("09:00–17:30", "", "09:00 – 17:30"),
        ("9 bis 17 Uhr", "", None),
        ("10:00:00 AM", "11:00:00 AM", "10:00 – 11:00"),
        ("godz. 9.00", "", "09:00"),
        ("9", "", None),
        ("half past two", "", None),
    ],
)
def test_times_in_the_languages_of_the_member_states(start, end, expected):
    feed = read(f"Title;Start date;Start time;End time\nA;2027-05-04;{start};{end}\n")
    told = [when(event).replace("2027-05-04 ", "") for event in feed.events]
    assert told == ([expected] if expected else [])


# Columns


@pytest.mark.parametrize(
    "header",
    [
        "Title;Start date;Start time;End date;End time;Place;Description",
        "Titel;Startdatum;Startzeit;Enddatum;Endzeit;Ort;Beschreibung",
        "Titel;Datum;Beginn;;Ende;Veranstaltungsort;Beschreibung",
        "Titre;Date de début;Heure de début;Date de fin;Heure de fin;Lieu;Description",
        "Titolo;Data inizio;Ora inizio;Data fine;Ora fine;Luogo;Descrizione",
        "Título;Fecha de inicio;Hora de inicio;Fecha de fin;Hora de fin;Lugar;Descripción",
        "Título;Data de início;Hora de início;Data de fim;Hora de fim;Local;Descrição",
        "Titel;Begindatum;Begintijd;Einddatum;Eindtijd;Locatie;Omschrijving",
        "Titel;Startdato;Starttidspunkt;Slutdato;Sluttidspunkt;Sted;Beskrivelse",
        "Tittel;Startdato;Starttid;Sluttdato;Sluttid;Sted;Beskrivelse",
        "Titel;Startdatum;Starttid;Slutdatum;Sluttid;Plats;Beskrivning",
        "Otsikko;Alkamispäivä;Alkamisaika;Päättymispäivä;Päättymisaika;Paikka;Kuvaus",
        "Pealkiri;Alguskuupäev;Algusaeg;Lõppkuupäev;Lõpuaeg;Asukoht;Kirjeldus",
        "Nosaukums;Sākuma datums;Sākuma laiks;Beigu datums;Beigu laiks;Vieta;Apraksts",
        "Pavadinimas;Pradžios data;Pradžios laikas;Pabaigos data;Pabaigos laikas;Vieta;Aprašymas",
        "Tytuł;Data rozpoczęcia;Godzina rozpoczęcia;Data zakończenia;Godzina zakończenia;Miejsce;Opis",
        "Název;Datum zahájení;Čas zahájení;Datum ukončení;Čas ukončení;Místo;Popis",
        "Názov;Dátum začatia;Čas začatia;Dátum ukončenia;Čas ukončenia;Miesto;Popis",
        "Naslov;Datum začetka;Ura začetka;Datum konca;Ura konca;Lokacija;Opis",
        "Cím;Kezdés dátuma;Kezdés időpontja;Befejezés dátuma;Befejezés időpontja;Helyszín;Leírás",
        "Titlu;Data de început;Ora de început;Data de sfârșit;Ora de sfârșit;Locație;Descriere",
        "Τίτλος;Ημερομηνία έναρξης;Ώρα έναρξης;Ημερομηνία λήξης;Ώρα λήξης;Τοποθεσία;Περιγραφή",
        "ΤΙΤΛΟΣ;ΗΜΕΡΟΜΗΝΙΑ ΕΝΑΡΞΗΣ;ΩΡΑ ΕΝΑΡΞΗΣ;ΗΜΕΡΟΜΗΝΙΑ ΛΗΞΗΣ;ΩΡΑ ΛΗΞΗΣ;ΤΟΠΟΘΕΣΙΑ;ΠΕΡΙΓΡΑΦΗ",
        "Teideal;Dáta tosaigh;Am tosaigh;Dáta deiridh;Am deiridh;Áit;Cur síos",
        "Titel;Ufanksdatum;Ufankszäit;Enndatum;Ennzäit;Uert;Beschreiwung",
        # Exports
        "Subject;Start Date;Start Time;End Date;End Time;Location;Description",
        "Betreff;Beginnt am;Beginnt um;Endet am;Endet um;Ort;Beschreibung",
        "Objet;Début;Début;Fin;Fin;Emplacement;Description",
        "Oggetto;Data inizio;Ora inizio;Data fine;Ora fine;Luogo;Descrizione",
        "EVENT NAME;EVENT START DATE;EVENT START TIME;EVENT END DATE;EVENT END TIME;EVENT VENUE NAME;EVENT EXCERPT",
        "Event Name;Event Start Date;Event Start Time;Event End Date;Event End Time;Venue Name;Event Description",
        "Date;Event;Time;;;Venue;",
    ],
)
def test_columns_are_known_in_the_languages_of_the_member_states(header):
    columns = header.split(";")
    cells = ["A", "2027-05-04", "09:00", "2027-05-06", "17:30", "Hall", "Words"]
    if columns[0] == "Date":
        cells[:2] = cells[1::-1]
    row = ";".join(cell if name else "" for name, cell in zip(columns, cells, strict=True))
    feed = read(f"{header}\n{row}\n")
    (event,) = feed.events
    assert (event.title, event.start_date, event.start_time, event.venue) == (
        "A",
        date(2027, 5, 4),
        time(9),
        "Hall",
    )
    if columns[4]:
        assert event.end_time == time(17, 30)
    if columns[3] and columns[4]:
        assert event.end_date == date(2027, 5, 6)
    if columns[6]:
        assert event.body == "<p>Words</p>"


def test_no_column_means_two_things():
    found = {}
    for what, names in words.COLUMNS.items():
        for name in names:
            assert found.setdefault(name, what) == what, name


def test_a_date_with_a_start_and_an_end_beside_it():
    text = "Datum;Beginn;Ende;Titel\n04.05.2027;09:00;17:30 Uhr;A\n5.5.2027;;;B\n"
    assert shown(read(text)) == [("A", "2027-05-04 09:00 – 2027-05-04 17:30"), ("B", "2027-05-05")]
    text = "Name,Start,End\nA,2027-05-04 09:00,17:30\nB,2027-05-04 22:00,2027-05-05 02:00\n"
    assert shown(read(text)) == [
        ("A", "2027-05-04 09:00 – 2027-05-04 17:30"),
        ("B", "2027-05-04 22:00 – 2027-05-05 02:00"),
    ]


def test_a_column_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(FeedUnusable, match="no column “Start date”; its columns are “Título”, “Cuantía”"):
        parse("Título;Cuantía\nA;4\n".encode(), format="table", default_timezone="UTC")
    with pytest.raises(FeedUnusable, match="looks like a table.* “Seminar_name”, “Wann_genau”"):
        format_of(b"Seminar_name;Wann_genau\nA;4.5.2027\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("heading", ["Events, courses and more of 2027", "Our events; all of them", ""])
def test_a_heading_above_the_names_tells_nothing_of_the_delimiter(delimiter, heading):
    rows = [["Titel", "Datum", "Ort"], ["A", "04.05.2027", "Bonn"]]
    text = f"{heading}\n\n" + "\n".join(delimiter.join(row) for row in rows)
    feed = read(text)
    assert [(event.title, event.venue, event.line) for event in feed.events] == [("A", "Bonn", 4)]


def test_a_total_and_names_that_are_repeated_are_no_events():
    text = "Titre;Date;Lieu\nA;4 mai 2027;Paris\nTitre;Date;Lieu\nB;5 mai 2027;Paris\nTotal : 2;;\n"
    feed = read(text)
    assert shown(feed) == [("A", "2027-05-04"), ("B", "2027-05-05")]
    assert [(problem.level, problem.line) for problem in feed.problems] == [(Level.SKIPPED, 5)]


def test_names_in_two_rows_with_cells_that_span():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Events of 2027"],
        ["Title", "When", None, None, "Place"],
        [None, "Start date", "Start time", "End time", None],
        ["A", date(2027, 5, 4), time(9), time(17, 30), "Hall"],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("B2:D2")
    out = io.BytesIO()
    book.save(out)
    feed = read(out.getvalue())
    assert shown(feed) == [("A", "2027-05-04 09:00 – 2027-05-04 17:30")]
    assert feed.events[0].venue == "Hall"


# Whole days


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("2027-05-10;00:00;2027-05-11;00:00;TRUE", "2027-05-10"),
        ("2027-05-10;12:00 AM;2027-05-13;12:00:00 AM;True", "2027-05-10 – 2027-05-12"),
        ("2027-05-10;;2027-05-11;;WAHR", "2027-05-10 – 2027-05-11"),
        ("2027-05-10;00:00;2027-05-10;23:59;VRAI", "2027-05-10"),
        ("2027-05-10;;;;VERDADERO", "2027-05-10"),
        ("2027-05-10;0:00;2027-05-12;0:00;Ein", "2027-05-10 – 2027-05-11"),
        ("2027-05-10;8:00;2027-05-10;17:00;ΑΛΗΘΗΣ", "2027-05-10"),
        ("2027-05-10;8:00;2027-05-10;17:00;tak", "2027-05-10"),
        ("2027-05-10T00:00;;2027-05-11T00:00;;1", "2027-05-10"),
        ("2027-05-10;8:00;2027-05-10;17:00;FALSCH", "2027-05-10 08:00 – 2027-05-10 17:00"),
        ("2027-05-10;8:00;2027-05-10;17:00;0", "2027-05-10 08:00 – 2027-05-10 17:00"),
        ("2027-05-10;8:00;2027-05-10;17:00;", "2027-05-10 08:00 – 2027-05-10 17:00"),
    ],
)
def test_a_column_for_whole_days(cells, expected):
    feed = read(f"Subject;Start date;Start time;End date;End time;All day event\nA;{cells}\n")
    assert shown(feed) == [("A", expected)]


def test_what_is_neither_yes_nor_no_is_told():
    feed = read("Title;Date;All day\nA;2027-05-10;perhaps\n")
    assert shown(feed) == [("A", "2027-05-10")]
    assert "neither yes nor no" in feed.problems[0].reason


# Whether it is for everybody


@pytest.mark.parametrize(
    ("column", "word", "is_public"),
    [
        ("Private", "TRUE", False),
        ("Private", "False", True),
        ("Private", "", True),
        ("Private", "maybe", False),
        ("Privat", "WAHR", False),
        ("Privat", "Aus", True),
        ("Privé", "VRAI", False),
        ("Privato", "FALSO", True),
        ("Privado", "VERDADERO", False),
        ("Ιδιωτικό", "ΨΕΥΔΗΣ", True),
        ("Ιδιωτικό", "ΑΛΗΘΗΣ", False),
        ("Sensitivity", "Normal", True),
        ("Sensitivity", "Personal", False),
        ("Vertraulichkeit", "Privat", False),
        ("Vertraulichkeit", "Normal", True),
        ("Riservatezza", "Riservato", False),
        ("Visibility", "public", True),
        ("Visibility", "members", False),
        ("HIDE FROM EVENT LISTINGS", "TRUE", False),
        ("Hide From Event Listings", "FALSE", True),
        ("Stan", "Szkic", False),
        ("Status", "Entwurf", False),
        ("Event Status", "Live", True),
    ],
)
def test_only_what_is_known_to_be_public_is(column, word, is_public):
    feed = read(f"Title;Date;{column}\nOpen day;2027-05-10;{word}\n")
    assert [event.title for event in feed.events] == (["Open day"] if is_public else [])
    if not is_public:
        assert [problem.level for problem in feed.problems] == [Level.SKIPPED]
        assert word in feed.problems[0].reason


def test_each_of_several_columns_hides_and_so_does_one_that_nobody_named():
    text = "Subject;Start Date;Private;Sensitivity\nA;2027-05-10;False;Normal\nB;2027-05-10;False;Private\n"
    assert [event.title for event in read(text).events] == ["A"]
    mapping = {"title": "Subject", "start_date": "Start Date"}
    assert [event.title for event in read(text, mapping=mapping).events] == ["A"]


@pytest.mark.parametrize(
    ("word", "status"),
    [("Abgesagt", "EventCancelled"), ("ANNULÉ", "EventCancelled"), ("odwołane", "EventCancelled"),
     ("peruttu", "EventCancelled"), ("Canceled", "EventCancelled"), ("verschoben", "EventPostponed"),
     ("Live", "EventScheduled")],
)  # fmt: skip
def test_status_in_words(word, status):
    (event,) = read(f"Title;Date;Status\nA;2027-05-10;{word}\n").events
    assert event.event_status == status


# Workbooks


def test_a_workbook_of_1904_has_its_own_days():
    data = workbook(
        ["Title", "Start date", "Start time"],
        ["Number", (datetime(2027, 5, 4) - datetime(1904, 1, 1)).days, None],
        ["Number with time", (datetime(2027, 5, 4) - datetime(1904, 1, 1)).days + 0.375, None],
        ["Date", datetime(2027, 5, 4), time(9)],
        epoch=CALENDAR_MAC_1904,
        B4="yyyy-mm-dd",
    )
    assert shown(read(data)) == [
        ("Number", "2027-05-04"),
        ("Number with time", "2027-05-04 09:00"),
        ("Date", "2027-05-04 09:00"),
    ]


def test_a_workbook_with_truth_values_and_zones_in_columns_of_their_own():
    data = workbook(
        ["Events of our institute"],
        ["Titel", "Beginn am", "Beginn um", "Ende am", "Ende um", "Zeitzone", "Ganztägig", "Privat"],
        ["A", datetime(2027, 5, 4), time(9), datetime(2027, 5, 4), time(17), "Europe/Athens", False, False],
        ["B", date(2027, 5, 4), None, date(2027, 5, 5), None, None, True, False],
        ["C", datetime(2027, 5, 4), time(9), None, None, None, False, True],
    )
    feed = read(data)
    assert shown(feed) == [("A", "2027-05-04 09:00 – 2027-05-04 17:00"), ("B", "2027-05-04 – 2027-05-05")]
    assert [event.timezone for event in feed.events] == ["Europe/Athens", "Europe/Rome"]


# Whole exports


def test_outlook_in_german():
    text = (
        '"Betreff","Beginnt am","Beginnt um","Endet am","Endet um","Ganztägiges Ereignis","Erinnerung Ein/Aus",'
        '"Erinnerung am","Erinnerung um","Besprechungsplanung","Erforderliche Teilnehmer","Optionale Teilnehmer",'
        '"Besprechungsressourcen","Abrechnungsinformationen","Beschreibung","Kategorien","Ort","Priorität","Privat",'
        '"Reisekilometer","Vertraulichkeit","Zeitspanne zeigen als"\r\n'
        '"Vorstand","4.5.2027","10:00:00","4.5.2027","11:00:00","Aus","Ein","4.5.2027","9:45:00","Anna Muster",'
        ',,,,,,"Bonn","Normal","Ein",,"Privat","2"\r\n'
        '"Tag der offenen Tür","5.5.2027","0:00:00","6.5.2027","0:00:00","Ein","Aus",,,"Anna Muster",'
        ',,,,"Alle kommen.","Fest","Bonn","Normal","Aus",,"Normal","3"\r\n'
    )
    feed = read(text)
    assert shown(feed) == [("Tag der offenen Tür", "2027-05-05")]
    (event,) = feed.events
    assert (event.venue, event.organizers, event.categories) == ("Bonn", ("Anna Muster",), ("Fest",))


def test_the_events_calendar():
    text = (
        "EVENT NAME,EVENT EXCERPT,EVENT VENUE NAME,EVENT ORGANIZER NAME,EVENT START DATE,EVENT START TIME,"
        "EVENT END DATE,EVENT END TIME,ALL DAY EVENT,TIMEZONE,HIDE FROM EVENT LISTINGS,STICKY IN MONTH VIEW,"
        "EVENT CATEGORY,EVENT TAGS,EVENT COST,EVENT CURRENCY SYMBOL,EVENT FEATURED IMAGE,EVENT WEBSITE\n"
        "Talk,Short,Hall,The group,2027-05-04,10:00:00,2027-05-04,11:30:00,FALSE,Europe/Athens,FALSE,FALSE,"
        "Talks,,5,EUR,,https://example.org/talk\n"
        "Fair,,Hall,,2027-05-04,00:00:00,2027-05-06,23:59:59,TRUE,Europe/Athens,FALSE,FALSE,,,,,,\n"
        "Board,,Hall,,2027-05-04,10:00:00,2027-05-04,11:30:00,FALSE,Europe/Athens,TRUE,FALSE,,,,,,\n"
    )
    feed = read(text)
    assert shown(feed) == [
        ("Talk", "2027-05-04 10:00 – 2027-05-04 11:30"),
        ("Fair", "2027-05-04 – 2027-05-06"),
    ]
    event = feed.events[0]
    assert (event.timezone, event.venue, event.website) == (
        "Europe/Athens",
        "Hall",
        "https://example.org/talk",
    )
    assert (event.organizers, event.categories) == (("The group",), ("Talks",))


def test_tess():
    text = (
        "Title,URL,Description,Start,End,Timezone,Contact,Organizer,Eligibility,Host Institutions,Online,City,Country,"
        "Venue,Types,Keywords\n"
        "Course,https://example.org/c,About,2027-05-04 09:00:00 UTC,2027-05-04 11:00:00 UTC,Europe/Athens,"
        "x@example.org,The group,anyone,Uni,false,Athens,Greece,Hall,workshops_and_courses,soil\n"
    )
    (event,) = read(text).events
    assert when(event) == "2027-05-04 12:00 – 2027-05-04 14:00"
    assert (event.venue, event.city, event.country) == ("Hall", "Athens", "Greece")
    assert event.attendance_mode == "OfflineEventAttendanceMode"


def test_eventbrite():
    text = (
        "Event ID,Event Name,Event Status,Event Start Date,Event Start Time,Event End Date,Event End Time,"
        "Event Timezone,Venue Name,Organizer Name,Event URL\n"
        "77,Talk,Live,2027-05-04,09:00,2027-05-04,10:00,Europe/Athens,Hall,The group,https://example.org/77\n"
        "78,Plan,Draft,2027-05-04,09:00,2027-05-04,10:00,Europe/Athens,Hall,The group,https://example.org/78\n"
    )
    (event,) = read(text).events
    assert (event.key.uid, event.timezone, event.website) == ("77", "Europe/Athens", "https://example.org/77")
