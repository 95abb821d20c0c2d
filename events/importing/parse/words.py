"""Words that people and their programs write in tables, in the languages of ESA's member states. Data; pure.

Everything is compared as `folded` leaves it. A word that means one thing in one language and another in the next, such
as “kraj” (a country in Polish, a place in Slovenian), is in none of the lists.
"""

import re
import unicodedata

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "’": "'"})


def folded(text: str) -> str:
    """`text` in lower case, without accents and repeated white space: “Événement” → “evenement”."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())


def named(text: str) -> str:
    """`text` as the name of a column: folded, without punctuation: “Start_Date (local)” → “start date local”."""
    return " ".join(re.sub(r"[\W_]+", " ", folded(text)).split())


# Dates. One line per month: English, German, Luxembourgish, French, Italian, Romansh, Spanish, Catalan, Portuguese,
# Dutch, Danish, Norwegian, Swedish, Finnish, Estonian, Latvian, Lithuanian, Polish, Czech, Slovak, Slovenian,
# Hungarian, Romanian, Greek, Irish; in full, in the case that follows a day, and short.

_MONTHS = (
    "january jan januar jänner jän janvier janv gennaio gen schaner enero ene gener janeiro januari tammikuu"
    " tammikuuta tammi jaanuar jaanuaril jaan janvāris janvāra janvārī sausis sausio saus styczeń stycznia sty leden"
    " ledna led január januára januarja ianuarie ian ιανουαριος ιανουαριου ιαν eanáir eanair ean",
    "february feb februar feber février févr fév favrer febbraio febrero febrer fevereiro fev februari helmikuu"
    " helmikuuta helmi veebruar veebruaril veebr februāris februāra februārī vasaris vasario vas luty lutego lut únor"
    " února úno február februára februarja febr februarie φεβρουαριος φεβρουαριου φεβ feabhra fheabhra feabh",
    "march mar märz mär mrz mäerz mäe mars marzo març março maart mrt marts maaliskuu maaliskuuta maalis märts märtsil"
    " marta martā kovas kovo kov marzec marca březen března bře marec március márc martie μαρτιος μαρτιου μαρ márta"
    " mhárta",
    "april apr abrëll avril avr aprile avrigl abril abr huhtikuu huhtikuuta huhti aprill aprillil aprīlis aprīļa"
    " aprīlī balandis balandžio bal kwiecień kwietnia kwi duben dubna dub apríl apríla aprila április ápr aprilie"
    " απριλιος απριλιου απρ aibreán aibreáin aib",
    "may mai mee maggio mag matg mayo maig maio mei maj toukokuu toukokuuta touko mail maijs maija maijā gegužė"
    " gegužės geg maja květen května kvě máj mája május μαιος μαιου μαι bealtaine bhealtaine beal",
    "june jun juni juin giugno giu zercladur junio juny junho kesäkuu kesäkuuta kesä juuni juunil jūnijs jūnija jūnijā"
    " jūn birželis birželio birž czerwiec czerwca cze červen června čvn čen jún júna junij junija június jún iunie iun"
    " ιουνιος ιουνιου ιουν meitheamh mheitheamh meithimh meith",
    "july jul juli juillet juil luglio lug fanadur julio juliol julho heinäkuu heinäkuuta heinä juuli juulil jūlijs"
    " jūlija jūlijā jūl liepa liepos liep lipiec lipca lip červenec července čvc čec júl júla julij julija július júl"
    " iulie iul ιουλιος ιουλιου ιουλ iúil",
    "august aug août aoû agosto ago avust agost augustus augusti elokuu elokuuta elo augustil augusts augusta augustā"
    " rugpjūtis rugpjūčio rugp sierpień sierpnia sie srpen srpna srp avgust avgusta avg augusztus αυγουστος αυγουστου"
    " αυγ lúnasa lún",
    "september sept sep septembre settembre set settember septiembre setembre setembro syyskuu syyskuuta syys"
    " septembril septembris septembra septembrī rugsėjis rugsėjo rugs wrzesień września wrz září zář szeptember szept"
    " septembrie σεπτεμβριος σεπτεμβριου σεπτ σεπ meánfómhair mheánfómhair mfómh",
    "october oct oktober okt octobre ottobre ott octubre outubro out lokakuu lokakuuta loka oktoober oktoobril"
    " oktobris oktobra oktobrī spalis spalio spal październik października paź říjen října říj október októbra"
    " octombrie οκτωβριος οκτωβριου οκτ deireadhfómhair dheireadhfómhair dfómh",
    "november nov novembre noviembre novembro marraskuu marraskuuta marras novembril novembris novembra novembrī"
    " lapkritis lapkričio lapkr listopad listopada listopadu lis noiembrie noi νοεμβριος νοεμβριου νοε samhain samhna"
    " shamhain samh",
    "december dec dezember dez décembre déc dicembre dic diciembre desembre dezembro desember des joulukuu joulukuuta"
    " joulu detsember detsembril dets decembris decembra decembrī gruodis gruodžio gruod grudzień grudnia gru prosinec"
    " prosince pro decembrie δεκεμβριος δεκεμβριου δεκ nollaig nollag noll",
)
MONTHS = {folded(name): number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
"""The number of a month, from 1, by each of its names."""

MONTHS_OF_TWO_WORDS = re.compile(r"\b(m(?:h)?ean|d(?:h)?eireadh) (fomhair)\b")
"""In Irish; folded."""

WEEKDAYS = frozenset(
    folded(name)
    for name in (
        "monday mon tuesday tue tues wednesday wed weds thursday thu thur thurs friday fri saturday sat sunday sun"
        " montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so"
        " méindeg dënschdeg mëttwoch donneschdeg freideg samschdeg sonndeg mé dë më"
        " lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim"
        " lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab dom"
        " glindesdi mardi mesemna gievgia venderdi sonda dumengia"
        " lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb"
        " dilluns dimarts dimecres dijous divendres dissabte diumenge"
        " segunda terça quarta quinta sexta feira seg ter qua qui sex"
        " maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo"
        " mandag tirsdag onsdag torsdag fredag lørdag søndag man tir ons tor fre lør søn tysdag laurdag sundag ti on to"
        " måndag tisdag lördag söndag mån tis lör sön"
        " maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai maanantaina tiistaina keskiviikkona"
        " torstaina perjantaina lauantaina sunnuntaina ke pe la su"
        " esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev esmaspäeval teisipäeval kolmapäeval"
        " neljapäeval reedel laupäeval pühapäeval"
        " pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena pirmdien otrdien trešdien ceturtdien"
        " piektdien sestdien svētdien"
        " pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis pirmadienį"
        " antradienį trečiadienį ketvirtadienį penktadienį šeštadienį sekmadienį pr an tr kt pn št sk"
        " poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela niedzielę pon wt wto śr śro czw pt"
        " pią sob nd nie"
        " pondělí úterý středa středu čtvrtek pátek sobotu neděle neděli po út st čt pá ne"
        " pondelok utorok streda stredu štvrtok piatok nedeľa nedeľu ut štv pi"
        " ponedeljek torek sreda sredo četrtek petek soboto nedelja nedeljo tor sre čet pet ned"
        " hétfő kedd szerda csütörtök péntek szombat vasárnap"
        " luni marți miercuri joi vineri sâmbătă duminică lu jo vi sb du sâm"
        " δευτερα τριτη τεταρτη πεμπτη παρασκευη σαββατο κυριακη δευ τρι τετ πεμ παρ σαβ κυρ"
        " domhnaigh luain máirt céadaoin déardaoin haoine aoine sathairn"
    ).split()
)

DATE_FILLERS = frozenset(
    folded(word)
    for word in (
        "st nd rd th o the of de del di den der le el la il dé d do er ο a r g m v i gada metų an än án én ján jén på"
        " dne dňa dnia ας roku na rok em op am on ord lá año anno año year"
    ).split()
)
"""What may stand within a date and says nothing: “den 4 maj”, “4 de mayo de 2027”, “2027 m. gegužės 4 d.”"""

TIME_FILLERS = frozenset(
    folded(word)
    for word in (
        "at um uhr à a às as las alle ore ora om uur kl klo kell godz godzina o v ve ob hod hodin h hs hrs val plkst"
        " στις ωρα t ag ar auer"
    ).split()
)
"""What may stand before or behind a time and says that it is one."""

# Columns: the names that one may have, most telling first, by what it is.

_COLUMNS = {
    "title": (
        "title|event name|event title|event|name of event|name of the event|event full name|name|titel|titre|titolo"
        "|título|titlu|tittel|titull|titul|τίτλος|teideal|otsikko|nimi|pealkiri|nimetus|nosaukums|pavadinimas|tytuł"
        "|nazwa|název|názov|naslov|naziv|név|megnevezés|cím|denumire|nume|numele|όνομα|ainm|numm|naam|navn|namn|nom"
        "|nombre|nome|nome evento|nome dell evento|título del evento|nombre del evento|título do evento"
        "|nome do evento|nom de l événement|titre de l événement|intitulé|name der veranstaltung"
        "|titel der veranstaltung|veranstaltung|veranstaltungstitel|veranstaltungsname|evenement|naam evenement"
        "|naam van het evenement|arrangement|begivenhed|evenemang|tapahtuma|tapahtuman nimi|sündmus|sündmuse nimi"
        "|üritus|pasākums|pasākuma nosaukums|notikums|renginys|renginio pavadinimas|įvykis|wydarzenie"
        "|nazwa wydarzenia|tytuł wydarzenia|akce|název akce|událost|název události|podujatie|názov podujatia|udalosť"
        "|dogodek|naziv dogodka|naslov dogodka|esemény|esemény neve|rendezvény|rendezvény neve|eveniment"
        "|numele evenimentului|titlul evenimentului|εκδήλωση|τίτλος εκδήλωσης|όνομα εκδήλωσης|imeacht"
        "|evento|événement|manifestation|summary|subject|betreff|objet|oggetto|asunto|assunto|onderwerp|ämne|emne"
        "|aihe|teema|tēma|tema|temat|předmět|predmet|zadeva|tárgy|subiect|θέμα|ábhar|sujet"
    ),
    "start_date": (
        "start date|event start date|start day|first day|start date time|start datetime|event start|date from"
        "|from date|starting date|begin date|startdate|startdatum|anfangsdatum|beginndatum|beginnt am|beginn am"
        "|datum von|date de début|date début|début le|date de commencement|data inizio|data di inizio|data d inizio"
        "|fecha de inicio|fecha inicio|fecha de comienzo|fecha comienzo|data de início|data início|data inicial"
        "|data de começo|data d inici|begindatum|startdato|startdag|alkamispäivä|alkupäivä|alkamispäivämäärä"
        "|alkupäivämäärä|aloituspäivä|alguskuupäev|algus kuupäev|algusaja kuupäev|sākuma datums|pradžios data"
        "|data rozpoczęcia|data początkowa|data od|datum zahájení|datum začátku|datum od|dátum začatia"
        "|dátum začiatku|dátum od|datum začetka|začetni datum|kezdés dátuma|kezdő dátum|kezdési dátum|kezdőnap"
        "|data de început|data începerii|data începutului|ημερομηνία έναρξης|ημερομηνία από|dáta tosaigh"
        "|dáta tosaithe|ufanksdatum"
    ),
    # One day, or the first.
    "day": (
        "date|event date|date and time|dates|datum|data|fecha|fecha y hora|dato|päivä|päivämäärä|pvm|kuupäev"
        "|datums|dátum|ημερομηνία|dáta|date et heure|data e ora|data e hora|datum und uhrzeit|tag|dag|jour|día|dia"
        "|giorno|dzień|den|deň|dan|nap|zi|μέρα|lá|when|wann|quand|quando|cuándo|wanneer|hvornår|når|när|milloin"
        "|millal|kiedy|kdy|kedy|kdaj|mikor|când|πότε"
    ),
    # A date, or a time where the day stands in a column of its own.
    "begin": (
        "start|starts|starts at|start at|begin|begins|beginning|from|dtstart|beginn|anfang|beginnt|von|ufank|début"
        "|commence|commence le|du|inizio|inizia|dal|inicio|comienzo|desde|início|começo|van|begyndelse|start den"
        "|fra|från|börjar|alkaa|alku|alkaen|algus|algab|sākums|sākas|no datuma|pradžia|nuo|początek|rozpoczęcie|od"
        "|začátek|zahájení|začiatok|začetek|kezdet|kezdés|kezdete|kezdődik|început|începe|έναρξη|από|tús"
    ),
    "start_time": (
        "start time|event start time|begin time|starting time|starttime|time from|from time|startzeit|anfangszeit"
        "|beginnzeit|beginnt um|beginn um|uhrzeit von|zeit von|heure de début|heure début|heure de commencement"
        "|ora inizio|ora di inizio|orario inizio|orario di inizio|hora de inicio|hora inicio|hora de comienzo"
        "|hora comienzo|hora de início|hora início|hora d inici|begintijd|starttijd|aanvangstijd|starttidspunkt"
        "|starttid|start tid|alkamisaika|alkuaika|aloitusaika|algusaeg|algus aeg|sākuma laiks|pradžios laikas"
        "|godzina rozpoczęcia|czas rozpoczęcia|godzina początkowa|godzina od|čas zahájení|čas začátku|čas od"
        "|čas začatia|čas začiatku|ura začetka|čas začetka|začetna ura|kezdés időpontja|kezdés ideje|kezdő időpont"
        "|kezdési időpont|kezdési idő|ora de început|ora începerii|ora începutului|ώρα έναρξης|am tosaigh"
        "|am tosaithe|ufankszäit"
        "|time|uhrzeit|zeit|heure|horaire|ora|orario|hora|horario|horário|tijd|tid|tidspunkt|klokkeslett|klokkeslæt"
        "|klockslag|aika|kello|kellonaika|aeg|kellaaeg|laiks|laikas|valanda|godzina|czas|čas|hodina|ura|idő|időpont"
        "|ώρα|am|zäit"
    ),
    "end_date": (
        "end date|event end date|end day|last day|end date time|end datetime|event end|date to|to date|enddate"
        "|finish date|enddatum|schlussdatum|endet am|ende am|datum bis|date de fin|date fin|fin le|data fine"
        "|data di fine|fecha de fin|fecha fin|fecha de finalización|fecha finalización|fecha de término"
        "|fecha final|data de fim|data fim|data de término|data final|data de fi|einddatum|slutdato|sluttdato"
        "|slutdatum|slutdag|päättymispäivä|loppupäivä|loppumispäivä|päättymispäivämäärä|lõppkuupäev|lõpukuupäev"
        "|beigu datums|pabaigos data|data zakończenia|data końcowa|data do|datum ukončení|datum konce|datum do"
        "|dátum ukončenia|dátum skončenia|dátum konca|dátum do|datum konca|datum zaključka|končni datum"
        "|befejezés dátuma|záró dátum|befejezési dátum|zárónap|data de sfârșit|data sfârșitului|data încheierii"
        "|ημερομηνία λήξης|ημερομηνία έως|dáta deiridh|dáta críochnaithe|enndatum"
    ),
    "finish": (
        "end|ends|ends at|end at|finish|finishes|to|until|till|dtend|ende|endet|bis|schluss|enn|fin|fine|finisce|au"
        "|al|fim|término|finalización|hasta|até|einde|eind|tot|slut|slutt|til|till|slutar|loppu|loppuu|päättyy|lõpp"
        "|lõpeb|beigas|beidzas|pabaiga|iki|koniec|zakończenie|konec|ukončení|ukončenie|zaključek|vége|befejezés"
        "|befejezése|sfârșit|încheiere|λήξη|έως|μέχρι|deireadh|críoch"
    ),
    "end_time": (
        "end time|event end time|endtime|finish time|time to|to time|endzeit|schlusszeit|endet um|ende um"
        "|uhrzeit bis|zeit bis|heure de fin|heure fin|ora fine|ora di fine|orario fine|orario di fine|hora de fin"
        "|hora fin|hora de finalización|hora finalización|hora de término|hora final|hora de fim|hora fim|hora de fi"
        "|eindtijd|sluttidspunkt|sluttid|slutt tid|päättymisaika|loppuaika|loppumisaika|lõpuaeg|lõppaeg|beigu laiks"
        "|pabaigos laikas|godzina zakończenia|czas zakończenia|godzina końcowa|godzina do|čas ukončení|čas konce"
        "|čas do|čas ukončenia|čas skončenia|čas konca|ura konca|ura zaključka|končna ura|befejezés időpontja"
        "|befejezés ideje|záró időpont|befejezési időpont|befejezési idő|ora de sfârșit|ora sfârșitului"
        "|ora încheierii|ώρα λήξης|am deiridh|am críochnaithe|ennzäit"
    ),
    "all_day": (
        "all day|all day event|allday|whole day|full day|is all day|ganztägig|ganztägiges ereignis"
        "|ganztaegiges ereignis|ganztaegig|ganztags|ganzer tag|journée entière|toute la journée"
        "|événement d une journée|giornata intera|tutto il giorno|intera giornata|evento che dura tutto il giorno"
        "|todo el día|evento de todo el día|dia inteiro|o dia inteiro|evento de dia inteiro|todo o dia|hele dag"
        "|duurt hele dag|de hele dag|gebeurtenis die hele dag duurt|hele dagen|heldag|heldagshændelse"
        "|heldagshändelse|hela dagen|hele dagen arrangement|heldagsarrangement|heldagshendelse|koko päivä"
        "|koko päivän|koko päivän tapahtuma|kogu päev|kogu päeva sündmus|terve päev|visu dienu|visas dienas notikums"
        "|visą dieną|visos dienos įvykis|cały dzień|wydarzenie całodzienne|zdarzenie całodzienne|całodzienne|celý den"
        "|celodenní|celodenní událost|celodenní akce|celý deň|celodenná udalosť|celodenné|cel dan|celodnevni dogodek"
        "|celodnevno|egész nap|egész napos|egész napos esemény|toată ziua|eveniment toată ziua"
        "|eveniment pe toată durata zilei|ολοήμερο|ολοήμερο συμβάν|ολοήμερη εκδήλωση|lá iomlán|imeacht lae"
        "|ganzen dag"
    ),
    "timezone": (
        "time zone|timezone|event timezone|event time zone|tz|zone|start timezone|start time zone|zeitzone"
        "|fuseau horaire|fuso orario|zona horaria|huso horario|fuso horário|tijdzone|tidszone|tidssone|tidszon"
        "|aikavyöhyke|ajavöönd|laika josla|laiko juosta|strefa czasowa|časové pásmo|časovni pas|időzóna|fus orar"
        "|ζώνη ώρας|crios ama|zäitzon"
    ),
    "venue": (
        "place|venue|event venue|venue name|event venue name|location|event location|location name|where|room|building"
        "|ort|veranstaltungsort|wo|raum|lieu|salle|emplacement|endroit|lieu de l événement|luogo|sede|sala|dove"
        "|lugar|ubicación|sitio|dónde|local|localização|localización|lloc|ubicació|onde|locatie|plaats|zaal|waar"
        "|sted|lokation|placering|lokale|plats|lokal|var|paikka|sijainti|tapahtumapaikka|missä|koht|asukoht"
        "|toimumiskoht|vieta|norises vieta|atrašanās vieta|miejsce|lokalizacja|miejsce wydarzenia|gdzie|místo"
        "|místo konání|umístění|kde|miesto|miesto konania|umiestnenie|lokacija|prizorišče|mesto dogodka|kje|hely"
        "|helyszín|hol|loc|locul|locație|locația|locul desfășurării|τόπος|τοποθεσία|χώρος|μέρος|πού|áit|suíomh"
        "|ionad|uert|plaz"
    ),
    "city": (
        "city|town|venue city|event city|stadt|ville|città|ciudad|cidade|ciutat|kaupunki|linn|pilsēta|miestas"
        "|miasto|město|mesto|város|oraș|orașul|πόλη|cathair|baile"
    ),
    "country": (
        "country|venue country|event country|land|pays|paese|país|maa|riik|valsts|šalis|země|stát|krajina|štát"
        "|država|ország|țară|țara|χώρα|tír"
    ),
    "online_url": (
        "online link|link to take part online|meeting link|join link|stream|online|online url|virtual event url|zoom"
        "|zoom link|webex|teams link|meeting url|virtual url|lien en ligne|enlace en línea|link online"
    ),
    "website": (
        "website|event website|web site|event url|url|link|web|web page|homepage|webseite|webadresse|internetseite"
        "|site web|page web|lien|sito|sito web|sitio web|página web|enlace|site|sítio web|webpagina|website url"
        "|hjemmeside|nettside|webbplats|hemsida|verkkosivu|verkkosivusto|veebileht|koduleht|tīmekļa vietne|mājaslapa"
        "|svetainė|tinklalapis|strona|strona internetowa|strona www|webová stránka|webové stránky|internetová stránka"
        "|spletna stran|spletno mesto|honlap|weboldal|weblap|pagină web|site ul web|ιστοσελίδα|ιστότοπος"
        "|suíomh gréasáin|websäit"
    ),
    "registration_url": (
        "registration link|registration|register|registration url|register url|tickets|ticket url|ticket link"
        "|sign up|sign up link|anmeldung|anmeldelink|inscription|lien d inscription|iscrizione|link iscrizione"
        "|inscripción|enlace de inscripción|inscrição|aanmelden|aanmelding|inschrijving|tilmelding|påmelding"
        "|anmälan|ilmoittautuminen|registreerimine|reģistrācija|registracija|rejestracja|zapisy|registrace"
        "|přihláška|registrácia|prijava|regisztráció|jelentkezés|înscriere|înregistrare|εγγραφή|clárú|umeldung"
    ),
    "description": (
        "description|event description|details|text|abstract|body|about|notes|event excerpt|excerpt|summary text"
        "|beschreibung|descriptif|descrizione|descripción|descrição|descripció|omschrijving|beschrijving|beskrivelse"
        "|beskrivning|kuvaus|kirjeldus|apraksts|aprašas|aprašymas|opis|popis|leírás|descriere|περιγραφή|cur síos"
        "|beschreiwung"
    ),
    "organizer": (
        "organizer|organiser|organizers|organisers|organized by|organised by|organizer name|event organizer name"
        "|event organizer name s|event organizers|host|hosted by|host institutions|meeting organizer|veranstalter"
        "|organisator|besprechungsplanung|organisateur|organisateurs|organisé par|organisateur d une réunion"
        "|organizzatore|organizzatore riunione|organizador|organizador de la reunión|organizado por"
        "|organizador da reunião|organitzador"
        "|arrangør|arrangör|järjestäjä|korraldaja|organizators|organizatorius|organizator|pořadatel|organizátor"
        "|organizátor schůzky|organizátor schôdze|usporiadateľ|organizirani|szervező|διοργανωτής|eagraí"
        "|organisator van vergadering"
    ),
    "categories": (
        "categories|category|event category|event categories|type|types|event type|event types|keywords|tags"
        "|event tags|topic|topics|kategorien|kategorie|catégories|catégorie|categorie|categoria|categorías|categoría"
        "|categorias|categorieën|kategorier|kategori|luokat|luokka|kategooriad|kategooria|kategorijas|kategorija"
        "|kategorijos|kategórie|kategória|kategoriak|kategóriák|categorii|κατηγορίες|κατηγορία|catagóirí|catagóir"
        "|kategorije"
    ),
    "language": (
        "language|event language|lang|sprache|langue|lingua|idioma|língua|llengua|taal|sprog|språk|kieli|keel|valoda"
        "|kalba|język|jazyk|jezik|nyelv|limba|limbă|γλώσσα|teanga|sprooch"
    ),
    "status": (
        "status|event status|state|statut|stato|estado|estat|tila|olek|statuss|būsena|stan|stav|stanje|állapot|stare"
        "|κατάσταση|stádas"
    ),
    "visibility": (
        "visibility|sensitivity|event visibility|sichtbarkeit|vertraulichkeit"
        "|vertraulichkeitsgrad|visibilité|confidentialité|critère de diffusion|sensibilité|visibilità"
        "|riservatezza|visibilidad|confidencialidad|visibilidade|confidencialidade|sensibilidade"
        "|visibilitat|zichtbaarheid|gevoeligheid|vertrouwelijkheid|synlighed|følsomhed|fortrolighed|synlighet"
        "|følsomhet|känslighet|näkyvyys|luottamuksellisuus|arkaluonteisuus|nähtavus|tundlikkus|redzamība"
        "|konfidencialitāte|matomumas|slaptumas|konfidencialumas|widoczność|poufność|viditelnost|citlivost"
        "|utajení|důvěrnost|viditeľnosť|citlivosť|utajenie|dôvernosť|vidnost|občutljivost|zaupnost|láthatóság"
        "|bizalmasság|érzékenység|vizibilitate|confidențialitate|sensibilitate|ορατότητα|εμπιστευτικότητα"
        "|ευαισθησία|infheictheacht|íogaireacht|siichtbarkeet"
    ),
    "private": (
        "private|is private|private event|hidden|is hidden|hide|hide from event listings|hide event|hide from listings"
        "|hide from upcoming|unlisted|internal|internal only|confidential|privat|vertraulich|intern|versteckt"
        "|privé|confidentiel|interne|masqué|caché|privato|riservato|interno|nascosto|privado|confidencial|oculto"
        "|particular|privat|persoonlijk|vertrouwelijk|verborgen|fortrolig|skjult|dold|yksityinen|luottamuksellinen"
        "|sisäinen|piilotettu|privaatne|eraviisiline|peidetud|privāts|slēpts|privatus|privatu|asmeniška|paslėptas"
        "|prywatne|prywatny|poufne|ukryte|soukromé|soukromá|soukromý|důvěrné|skryté|skrytá|súkromné|súkromná"
        "|dôverné|zasebno|zaupno|skrito|magánjellegű|magán|privát|bizalmas|rejtett|privată|confidențial|ascuns"
        "|ιδιωτικό|ιδιωτική|εμπιστευτικό|κρυφό|príobháideach|rúnda|folaithe"
    ),
    "image": (
        "image|image url|picture|photo|event featured image|featured image|bild|image à la une|immagine|imagen"
        "|imagem|imatge|afbeelding|billede|bilde|kuva|pilt|attēls|paveikslėlis|obraz|obrázek|obrázok|slika|kép"
        "|imagine|εικόνα|íomhá"
    ),
    "uid": "id|uid|identifier|event id|guid|nr|no|number|kennung",
}
COLUMNS = {what: tuple(dict.fromkeys(map(named, names.split("|")))) for what, names in _COLUMNS.items()}
COLUMN_NAMES = frozenset(name for names in COLUMNS.values() for name in names)

STATUSES = {
    folded(word): status
    for status, words in {
        "EventCancelled": (
            "cancelled|canceled|deleted|abgesagt|entfällt|fällt aus|annulé|annulée|annullato|annullata|cancelado"
            "|cancelada|anulado|anulada|suspendido|geannuleerd|afgelast|aflyst|avlyst|inställt|inställd|peruttu|peruutettu"
            "|tühistatud|ära jäetud|atcelts|atcelta|atšauktas|atšaukta|odwołane|odwołany|anulowane|zrušeno|zrušená"
            "|zrušené|zrušený|odpovedano|odpovedan|lemondva|elmarad|törölve|anulat|anulată|ακυρώθηκε|ακυρωμένο"
            "|ακυρωμένη|curtha ar ceal|ofgesot"
        ),
        "EventPostponed": (
            "postponed|verschoben|reporté|reportée|rinviato|rinviata|posticipato|aplazado|aplazada|pospuesto|adiado"
            "|adiada|uitgesteld|udskudt|udsat|utsatt|uppskjutet|uppskjuten|siirretty|lykätty|edasi lükatud|pārcelts"
            "|atidėtas|przełożone|odłożone|odloženo|odložené|prestavljeno|elhalasztva|amânat|αναβλήθηκε"
            "|curtha siar"
        ),
        "EventRescheduled": "rescheduled",
        "EventMovedOnline": "moved online|online statt vor ort",
    }.items()
    for word in words.split("|")
}
"""The status of schema.org by the words that people write for it."""

HIDDEN_STATUSES = frozenset(
    folded(word)
    for word in (
        "draft|private|hidden|unlisted|internal|confidential|unpublished|pending|pending review|in review|trash|entwurf"
        "|privat|intern|vertraulich|versteckt|nicht öffentlich|unveröffentlicht|brouillon|privé|interne|confidentiel"
        "|non publié|bozza|privato|interno|riservato|non pubblicato|borrador|privado|confidencial|no publicado|rascunho"
        "|não publicado|esborrany|concept|niet gepubliceerd|vertrouwelijk|kladde|udkast|utkast|luonnos|yksityinen"
        "|mustand|privaatne|melnraksts|privāts|juodraštis|privatus|szkic|wersja robocza|prywatne|prywatny|koncept"
        "|návrh|soukromé|súkromné|osnutek|zasebno|piszkozat|tervezet|magán|ciornă|schiță|privat|πρόχειρο|ιδιωτικό"
        "|dréacht|príobháideach"
    ).split("|")
)
"""What is in such a state is not for everybody."""

TRUE = frozenset(
    folded(word)
    for word in (
        "true yes y t 1 1.0 x on ✓ ✔ wahr ja j richtig jo vrai oui ein an aan vero sì verdadero sí verdadeiro sim s"
        " waar sandt sand sann tosi kyllä tõene jah patiess patiesība jā tiesa taip prawda tak pravda ano áno da res"
        " igaz igen adevărat αληθησ ναι fíor tá"
    ).split()
)
"""Of a mark such as “All day”."""

TOTALS = frozenset(
    folded(word)
    for word in (
        "total totals sum grand total summe gesamt gesamtsumme somme totale suma total general totaal sum i alt totalt"
        " yhteensä kokku kopā iš viso razem celkem spolu skupaj összesen total general σύνολο iomlán"
    ).split()
    if len(word) > 2
)
"""How the last row of a table begins that counts the others."""
