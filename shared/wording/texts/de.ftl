### Deutsch, an Patientinnen und Patienten: „Sie“, kurze Sätze, keine Form, die ein Geschlecht voraussetzt.

## Formate

when = { $day }, { $time } Uhr ({ $zone })
    .until = { $day }, { $time }–{ $until } Uhr ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Bisher: { $before }.

## Bezeichnungen

label =
    .what = Was
    .who = Ärztin/Arzt
    .when = Wann
    .until = Bis
    .where = Wo
    .address = Adresse
    .telephone = Telefon
    .website = Website
    .clinic-time = Ortszeit der Praxis
    .your-time = Ihre Ortszeit
    .previously = Bisher
    .new = Neue Zeit
    .offered = Freie Zeiten
    .held-until = Für Sie reserviert bis
    .reason = Grund
    .specialty = Fachrichtung
    .bring = Bitte mitbringen
    .message = Nachricht der Praxis
    .day = Tag
    .time = Uhrzeit

## Schaltflächen und Links

action =
    .see = Termin ansehen
    .choose = Neue Zeit auswählen
    .manage = Termin ändern oder absagen
    .cancel = Termin absagen
    .calendar = Zum Kalender hinzufügen
    .map = Auf der Karte zeigen
    .call = Praxis anrufen

## Jede Mail

mail =
    .what = Termin bei { $doctor }
    .greeting = Guten Tag { $name },
    .greeting-unnamed = Guten Tag,
    .reply-hint = Haben Sie eine Frage? Antworten Sie einfach auf diese E-Mail: Ihre Antwort erreicht die Praxis.
    .no-reply = Bitte antworten Sie nicht auf diese E-Mail.
    .why = Sie erhalten diese E-Mail, weil in Ihrem Namen ein Termin gebucht wurde.
    .unsubscribe = Erinnerungen per E-Mail abbestellen
    .closing = Freundliche Grüße

## Je Art von Mail

appointment_created_email =
    .subject = Termin bestätigt: { $day }, { $time } Uhr, { $doctor }
    .preheader = Ihr Termin bei { $doctor } ist bestätigt. Diese E-Mail enthält alle Angaben.
    .title = Termin bestätigt
    .lead = Ihr Termin ist bestätigt.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Termin verlegt: { $day }, { $time } Uhr, { $doctor }
    .preheader = Ihr Termin bei { $doctor } hat eine neue Zeit.
    .title = Termin verlegt
    .lead = Ihr Termin wurde verlegt. Bitte beachten Sie die neue Zeit.
    .in-app = Neue Zeit bei { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Termin abgesagt: { $day }, { $time } Uhr, { $doctor }
    .preheader = Ihr Termin bei { $doctor } findet nicht statt.
    .title = Termin abgesagt
    .lead = Ihr Termin wurde abgesagt. Sie müssen nichts weiter tun.
    .in-app = Abgesagt: { $doctor }, { $when }
appointment_offer_email =
    .subject = Neue Zeit nötig: { $day }, { $time } Uhr, { $doctor }
    .preheader = Ihr Termin bei { $doctor } kann nicht wie gebucht stattfinden. Bitte wählen Sie eine neue Zeit.
    .title = Bitte wählen Sie eine neue Zeit
    .lead = Ihr Termin kann zur gebuchten Zeit nicht stattfinden. Wir halten diese freien Zeiten für Sie bereit. Bitte wählen Sie eine davon.
    .in-app = Neue Zeit nötig: { $doctor }, { $when }
appointment_reminder =
    .subject = Erinnerung: { $day }, { $time } Uhr, { $doctor }
    .preheader = Ihr Termin bei { $doctor } steht bevor.
    .title = Terminerinnerung
    .lead = Wir erinnern Sie an Ihren Termin.
    .in-app = { $doctor }, { $when }

## Worte der Praxis

clinic-message =
    .subject = Nachricht zu Ihrem Termin: { $day }, { $time } Uhr
    .title = Nachricht der Praxis

## Hinweis in der App, nachdem eine E-Mail zurückkam

unreachable =
    .title = Wir konnten Sie per E-Mail nicht erreichen
    .in-app = Eine E-Mail an { $address } kam zurück. Bitte prüfen Sie die Adresse in Ihrem Profil, oder sagen Sie der Praxis Bescheid.

## Kalenderdateien

calendar =
    .summary = Termin bei { $doctor }
    .summary-cancelled = Abgesagt: Termin bei { $doctor }
    .clinic-time = Ortszeit der Praxis: { $when }
    .bring = Bitte mitbringen: { $what }
    .manage = Ändern oder absagen: { $link }

## Seiten hinter den Links der Mails

link =
    .title = Ihr Termin
    .booked = Ihr Termin ist gebucht.
    .will-come = Ich komme
    .thanks-title = Vielen Dank
    .thanks = Vielen Dank für Ihre Rückmeldung. Wir freuen uns auf Ihren Besuch.
    .move = Termin verlegen
    .choose-day = Tag auswählen
    .choose-time = Uhrzeit auswählen
    .free-times = { $count ->
        [0] Keine freien Zeiten
        [one] { $count } freie Zeit
       *[other] { $count } freie Zeiten
    }
    .earlier-days = Frühere Tage
    .later-days = Spätere Tage
    .no-slots = An diesem Tag ist keine Zeit frei. Bitte wählen Sie einen anderen Tag.
    .no-slots-at-all = Zurzeit ist keine Zeit frei. Bitte rufen Sie die Praxis an.
    .slot-taken = Diese Zeit wurde gerade vergeben. Bitte wählen Sie eine andere.
    .slot-gone = Diese Zeit wird nicht mehr angeboten. Bitte wählen Sie eine andere.
    .move-title = Termin auf diese Zeit verlegen?
    .move-yes = Ja, Termin verlegen
    .moved-title = Ihr Termin wurde verlegt
    .moved = Sie erhalten eine E-Mail mit der neuen Zeit.
    .offer-title = Bitte wählen Sie eine neue Zeit
    .offer = Ihr Termin kann zur gebuchten Zeit nicht stattfinden. Wir halten diese freien Zeiten für Sie bereit.
    .offer-ended = Ihr Termin kann zur gebuchten Zeit nicht stattfinden. Wir halten keine Zeiten mehr für Sie bereit. Bitte wählen Sie eine andere Zeit, oder rufen Sie die Praxis an.
    .takes-place = Ihr Termin findet zur gebuchten Zeit statt. Falls wir Ihnen etwas anderes mitgeteilt haben, gilt das nicht mehr.
    .other-time = Andere Zeit auswählen
    .cancel = Termin absagen
    .cancel-title = Diesen Termin absagen?
    .cancel-text = Die Zeit kann dann jemand anderes bekommen.
    .cancel-yes = Ja, Termin absagen
    .keep = Nein, Termin behalten
    .cancelled-title = Dieser Termin wurde abgesagt
    .cancelled = Sie müssen nichts weiter tun.
    .begun-title = Dieser Termin hat schon begonnen
    .past-title = Dieser Termin ist vorbei
    .begun = Er kann hier nicht mehr geändert werden. Bitte rufen Sie die Praxis an.
    .changed-title = Der Termin hat sich geändert
    .changed = Er wurde geändert, seit Sie diese Seite geöffnet haben. Hier sehen Sie ihn, wie er jetzt ist. Bitte wählen Sie noch einmal.
    .invalid-title = Dieser Link funktioniert nicht
    .invalid = Der Link ist unvollständig oder abgelaufen. Bitte öffnen Sie die neueste E-Mail zu Ihrem Termin, oder rufen Sie die Praxis an.
    .too-many-title = Zu viele Anfragen
    .too-many = Bitte warten Sie einige Minuten, und versuchen Sie es dann noch einmal.
    .refused-title = Das war nicht möglich
    .refused = Es wurde nichts geändert. Bitte rufen Sie die Praxis an.
    .unavailable-title = Zurzeit nicht verfügbar
    .unavailable = Bitte versuchen Sie es in einigen Minuten noch einmal. Es wurde nichts geändert.
    .back = Zurück
    .download = Kalenderdatei herunterladen

## Seite hinter dem Link, der Erinnerungen abbestellt

unsubscribe =
    .title = Keine Erinnerungen per E-Mail mehr?
    .text = Sie bekommen dann keine E-Mails mehr, die Sie an Ihre Termine erinnern.
    .button = Erinnerungen per E-Mail abbestellen
    .still-title = Das bekommen Sie weiterhin
    .still-booked = E-Mails, wenn ein Termin bestätigt wird
    .still-changed = E-Mails, wenn ein Termin verlegt oder abgesagt wird
    .still-in-app = Erinnerungen in der App
    .done-title = Sie bekommen keine Erinnerungen per E-Mail mehr
    .back-title = Haben Sie es sich anders überlegt?
    .back-text = Sie können die Erinnerungen per E-Mail jederzeit wieder einschalten: hier oder in Ihrem Profil.
    .back-button = Erinnerungen per E-Mail wieder einschalten
    .on-title = Die Erinnerungen per E-Mail sind wieder eingeschaltet
    .on-text = Wir erinnern Sie wieder per E-Mail an Ihre Termine.
    .unknown-title = Dieser Link funktioniert nicht
    .unknown-text = Vielleicht ist der Link unvollständig. In Ihrem Profil können Sie die Erinnerungen per E-Mail ein- und ausschalten.

doctor-feed =
    .title = Termine: { $doctor }
    .unnamed = Termin

doctor_agenda_email =
    .subject = Tagesplan: { $day }, { $doctor }
    .title = Ihre Termine am { $day }

doctor_notice_email =
    .booked = Neuer Termin: { $day }, { $time } Uhr
    .booked-title = Ein neuer Termin wurde gebucht.
    .moved = Termin verschoben: { $day }, { $time } Uhr
    .moved-title = Ein Termin wurde verschoben.
    .cancelled = Termin abgesagt: { $day }, { $time } Uhr
    .cancelled-title = Ein Termin wurde abgesagt.
    .client = Patient/in
