"""What people and programs call the zones of the world, beside IANA's and Windows' names. Pure data."""

# Those that IANA does not know and that mean one place, of which the clock is meant and not the season.
ABBREVIATIONS = {
    "WEST": "Europe/Lisbon",
    "BST": "Europe/London",
    "CEST": "Europe/Paris",
    "MEZ": "Europe/Berlin",
    "MESZ": "Europe/Berlin",
    "OEZ": "Europe/Athens",
    "OESZ": "Europe/Athens",
    "EEST": "Europe/Athens",
    "MSK": "Europe/Moscow",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "AKST": "America/Anchorage",
    "AKDT": "America/Anchorage",
    "BRT": "America/Sao_Paulo",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "SGT": "Asia/Singapore",
    "AWST": "Australia/Perth",
    "ACST": "Australia/Adelaide",
    "ACDT": "Australia/Adelaide",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "NZST": "Pacific/Auckland",
    "NZDT": "Pacific/Auckland",
    "SAST": "Africa/Johannesburg",
}

# By the names in lower case: those that Windows shows and that are no list of cities, those of CLDR in English, and
# what Windows and CLDR call the zones of Europe in other languages.
LONG_NAMES = {
    name: zone
    for zone, names in {
        "America/New_York": "eastern time (us & canada)|eastern time|us eastern|eastern daylight time",
        "America/Chicago": "central time (us & canada)|central time|us central|central daylight time",
        "America/Denver": "mountain time (us & canada)|mountain time|us mountain|mountain daylight time",
        "America/Los_Angeles": "pacific time (us & canada)|pacific time|us pacific|pacific daylight time",
        "America/Indiana/Indianapolis": "indiana (east)|us east-indiana",
        "America/Phoenix": "arizona|us arizona",
        "America/Anchorage": "alaska|alaska time|us alaska",
        "America/Adak": "aleutian islands",
        "Pacific/Honolulu": "hawaii|us hawaii|hawaii-aleutian standard time",
        "Pacific/Marquesas": "marquesas islands",
        "America/Halifax": "atlantic time (canada)|atlantic time|atlantic daylight time|canada atlantic",
        "America/St_Johns": "newfoundland|newfoundland time|newfoundland daylight time|canada newfoundland",
        "America/Regina": "saskatchewan",
        "America/Guatemala": "central america",
        "America/Tijuana": "baja california",
        "America/Whitehorse": "yukon",
        "America/Sao_Paulo": "brasilia|brasília|brasilia standard time|brasilia time",
        "America/Nuuk": "greenland",
        "America/Miquelon": "saint pierre and miquelon",
        "America/Grand_Turk": "turks and caicos",
        "Pacific/Easter": "easter island",
        "Atlantic/Azores": "azores",
        "Atlantic/Cape_Verde": "cabo verde is.|cape verde is.",
        "Africa/Lagos": "west central africa",
        "Asia/Colombo": "sri jayawardenepura",
        "Asia/Almaty": "astana|nur-sultan",
        "Asia/Yekaterinburg": "ekaterinburg",
        "Asia/Krasnoyarsk": "krasnoyarsk",
        "Asia/Kolkata": "india|india time|kolkata|indian standard time",
        "Asia/Tokyo": "japan|japan time|japan standard time",
        "Asia/Shanghai": "china|china time|beijing",
        "Pacific/Tongatapu": "nuku'alofa",
        "Pacific/Guadalcanal": "solomon is.",
        "Pacific/Chatham": "chatham islands",
        "Pacific/Kiritimati": "kiritimati island",
        "Etc/GMT+12": "international date line west",
        "Etc/UTC": "coordinated universal time|universal time|utc/gmt|zulu|koordinierte weltzeit|temps universel"
        "|temps universel coordonné|tempo coordinato universale|tiempo universal coordinado",
        "Europe/London": "greenwich mean time|british summer time|united kingdom|uk|uk time|british time|gmt/bst"
        "|westeuropäische zeit (greenwich)|heure de greenwich|heure d’été britannique",
        "Europe/Dublin": "irish standard time|ireland",
        "Europe/Lisbon": "western european time|western european summer time|western european standard time"
        "|westeuropäische zeit|westeuropäische sommerzeit|heure d’europe de l’ouest|hora de europa occidental"
        "|hora da europa ocidental|ora dell’europa occidentale",
        "Europe/Paris": "central european time|central european summer time|cet/cest|romanische zeit|romance"
        "|heure d’europe centrale|heure normale d’europe centrale|heure d’été d’europe centrale"
        "|heure de l’europe centrale|paris, madrid|hora de europa central|hora estándar de europa central"
        "|hora de verano de europa central|hora estándar romance|hora da europa central"
        "|hora padrão da europa central|hora de verão da europa central",
        "Europe/Rome": "ora dell’europa centrale|ora standard dell’europa centrale|ora legale dell’europa centrale"
        "|ora solare europa occidentale|ora solare europa centrale|ora standard europa occidentale",
        "Europe/Berlin": "mitteleuropäische zeit|mitteleuropäische normalzeit|mitteleuropäische sommerzeit"
        "|mitteleuropäische standardzeit|westeuropäische normalzeit|west-europa (standaardtijd)"
        "|w. europe daylight time|mez/mesz|midden-europese tijd|midden-europese standaardtijd"
        "|midden-europese zomertijd|centraleuropæisk tid|sentraleuropeisk tid|centraleuropeisk tid"
        "|keski-euroopan aika|vest-europa (normaltid)|västeuropa, normaltid",
        "Europe/Warsaw": "czas środkowoeuropejski|środkowoeuropejski czas stand.|środkowoeuropejski czas standardowy"
        "|środkowoeuropejski czas letni|czas środkowoeuropejski standardowy|czas środkowoeuropejski letni",
        "Europe/Prague": "středoevropský čas|střední evropa (běžný čas)|středoevropský standardní čas"
        "|středoevropský letní čas|stredoeurópsky čas",
        "Europe/Budapest": "közép-európai idő|közép-európai téli idő|közép-európai nyári idő",
        "Europe/Bucharest": "ora europei de est|ora de vară a europei de est",
        "Europe/Athens": "eastern european time|eastern european summer time|eastern european standard time"
        "|osteuropäische zeit|osteuropäische sommerzeit|osteuropäische normalzeit|heure d’europe de l’est"
        "|ora dell’europa orientale|hora de europa oriental|ώρα ανατολικής ευρώπης|gtb|ώρα ελλάδας",
        "Europe/Helsinki": "fle|itä-euroopan aika",
        "Europe/Moscow": "moscow time|moscow standard time|москва, стандартное время|московское время"
        "|moskauer zeit|heure de moscou",
    }.items()
    for name in names.split("|")
}

# Of whole hours there are zones without a place.
OF_HALF_HOURS = {
    (3, 30): "Asia/Tehran",
    (4, 30): "Asia/Kabul",
    (5, 30): "Asia/Kolkata",
    (5, 45): "Asia/Kathmandu",
    (6, 30): "Asia/Yangon",
    (8, 45): "Australia/Eucla",
    (9, 30): "Australia/Darwin",
    (-9, 30): "Pacific/Marquesas",
}
