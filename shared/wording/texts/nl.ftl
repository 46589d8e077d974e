### Nederlands, aan patiënten: “u”, korte zinnen, geen vorm die een geslacht veronderstelt.

## Notatie

when = { $day }, { $time } uur ({ $zone })
    .until = { $day }, { $time }–{ $until } uur ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Eerst: { $before }.

## Opschriften

label =
    .what = Wat
    .who = Arts
    .when = Wanneer
    .until = Tot
    .where = Waar
    .address = Adres
    .telephone = Telefoon
    .website = Website
    .clinic-time = Tijd van de praktijk
    .your-time = Uw lokale tijd
    .previously = Eerst
    .new = Nieuwe tijd
    .offered = Vrije tijden
    .held-until = Voor u gereserveerd tot
    .reason = Reden
    .specialty = Specialisme
    .bring = Graag meenemen
    .message = Bericht van de praktijk
    .day = Dag
    .time = Tijd

## Knoppen en links

action =
    .see = Afspraak bekijken
    .choose = Nieuwe tijd kiezen
    .manage = Afspraak wijzigen of afzeggen
    .cancel = Afspraak afzeggen
    .calendar = Aan agenda toevoegen
    .map = Op de kaart bekijken
    .call = De praktijk bellen

## Elke e-mail

mail =
    .what = Afspraak bij { $doctor }
    .greeting = Goedendag { $name },
    .greeting-unnamed = Goedendag,
    .reply-hint = Hebt u een vraag? Beantwoord dan gewoon deze e-mail: uw antwoord komt bij de praktijk aan.
    .no-reply = Wij vragen u deze e-mail niet te beantwoorden.
    .why = U ontvangt deze e-mail omdat er op uw naam een afspraak is gemaakt.
    .unsubscribe = Geen herinneringen per e-mail meer
    .closing = Met vriendelijke groet

## Eén deel per soort e-mail

appointment_created_email =
    .subject = Afspraak bevestigd: { $day }, { $time } uur, { $doctor }
    .preheader = Uw afspraak bij { $doctor } is bevestigd. In deze e-mail staan alle gegevens.
    .title = Afspraak bevestigd
    .lead = Uw afspraak is bevestigd.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Afspraak verzet: { $day }, { $time } uur, { $doctor }
    .preheader = Uw afspraak bij { $doctor } heeft een nieuwe tijd.
    .title = Afspraak verzet
    .lead = Uw afspraak is verzet. Let op de nieuwe tijd.
    .in-app = Nieuwe tijd bij { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Afspraak afgezegd: { $day }, { $time } uur, { $doctor }
    .preheader = Uw afspraak bij { $doctor } gaat niet door.
    .title = Afspraak afgezegd
    .lead = Uw afspraak is afgezegd. U hoeft verder niets te doen.
    .in-app = Afgezegd: { $doctor }, { $when }
appointment_offer_email =
    .subject = Nieuwe tijd nodig: { $day }, { $time } uur, { $doctor }
    .preheader = Uw afspraak bij { $doctor } kan niet doorgaan zoals geboekt. Kies een nieuwe tijd.
    .title = Kies een nieuwe tijd
    .lead = Uw afspraak kan niet doorgaan op de geboekte tijd. Wij houden deze vrije tijden voor u vast. Kies er een van.
    .in-app = Nieuwe tijd nodig: { $doctor }, { $when }
appointment_reminder =
    .subject = Herinnering: { $day }, { $time } uur, { $doctor }
    .preheader = Binnenkort hebt u een afspraak bij { $doctor }.
    .title = Herinnering aan uw afspraak
    .lead = Wij herinneren u aan uw afspraak.
    .in-app = { $doctor }, { $when }

## Bericht van de praktijk

clinic-message =
    .subject = Bericht over uw afspraak: { $day }, { $time } uur
    .title = Bericht van de praktijk

## Melding in de app, nadat een e-mail is teruggekomen

unreachable =
    .title = Wij konden u niet per e-mail bereiken
    .in-app = Een e-mail aan { $address } is teruggekomen. Controleer het adres in uw profiel of neem contact op met de praktijk.

## Agendabestanden

calendar =
    .summary = Afspraak bij { $doctor }
    .summary-cancelled = Afgezegd: afspraak bij { $doctor }
    .clinic-time = Tijd van de praktijk: { $when }
    .bring = Graag meenemen: { $what }
    .manage = Wijzigen of afzeggen: { $link }

## Pagina’s achter de links

link =
    .title = Uw afspraak
    .booked = Uw afspraak is gemaakt.
    .will-come = Ik kom
    .thanks-title = Dank u wel
    .thanks = Dank u wel voor uw bericht. Wij zien u graag.
    .move = Afspraak verzetten
    .choose-day = Dag kiezen
    .choose-time = Tijd kiezen
    .free-times = { $count ->
        [0] Geen vrije tijden
        [one] { $count } vrije tijd
       *[other] { $count } vrije tijden
    }
    .earlier-days = Eerdere dagen
    .later-days = Latere dagen
    .no-slots = Op deze dag is er geen tijd vrij. Kies een andere dag.
    .no-slots-at-all = Op dit moment is er geen tijd vrij. Bel de praktijk.
    .slot-taken = Deze tijd is net bezet geraakt. Kies een andere tijd.
    .slot-gone = Deze tijd wordt niet meer aangeboden. Kies een andere tijd.
    .move-title = Afspraak naar deze tijd verzetten?
    .move-yes = Ja, afspraak verzetten
    .moved-title = Uw afspraak is verzet
    .moved = U ontvangt een e-mail met de nieuwe tijd.
    .offer-title = Kies een nieuwe tijd
    .offer = Uw afspraak kan niet doorgaan op de geboekte tijd. Wij houden deze vrije tijden voor u vast.
    .offer-ended = Uw afspraak kan niet doorgaan op de geboekte tijd. Wij houden geen tijden meer voor u vast. Kies een andere tijd of bel de praktijk.
    .takes-place = Uw afspraak gaat door op de geboekte tijd. Als wij u iets anders hebben laten weten, geldt dat niet meer.
    .other-time = Andere tijd kiezen
    .cancel = Afspraak afzeggen
    .cancel-title = Deze afspraak afzeggen?
    .cancel-text = Iemand anders kan deze tijd dan krijgen.
    .cancel-yes = Ja, afspraak afzeggen
    .keep = Nee, afspraak houden
    .cancelled-title = Deze afspraak is afgezegd
    .cancelled = U hoeft verder niets te doen.
    .begun-title = Deze afspraak is al begonnen
    .past-title = Deze afspraak is voorbij
    .begun = De afspraak kan hier niet meer worden gewijzigd. Bel de praktijk.
    .changed-title = De afspraak is gewijzigd
    .changed = De afspraak is gewijzigd sinds u deze pagina hebt geopend. U ziet hier hoe die nu is. Maak opnieuw een keuze.
    .invalid-title = Deze link werkt niet
    .invalid = De link is onvolledig of verlopen. Open de nieuwste e-mail over uw afspraak of bel de praktijk.
    .too-many-title = Te veel verzoeken
    .too-many = Wacht een paar minuten en probeer het dan opnieuw.
    .refused-title = Dit is niet gelukt
    .refused = Er is niets gewijzigd. Bel de praktijk.
    .unavailable-title = Op dit moment niet beschikbaar
    .unavailable = Probeer het over een paar minuten opnieuw. Er is niets gewijzigd.
    .back = Terug
    .download = Agendabestand downloaden

## Pagina achter de link die herinneringen beëindigt

unsubscribe =
    .title = Geen herinneringen per e-mail meer?
    .text = U krijgt dan geen e-mails meer die u aan uw afspraken herinneren.
    .button = Geen herinneringen per e-mail meer
    .still-title = Dit blijft u ontvangen
    .still-booked = E-mails als een afspraak is bevestigd
    .still-changed = E-mails als een afspraak is verzet of afgezegd
    .still-in-app = Herinneringen in de app
    .done-title = U krijgt geen herinneringen per e-mail meer
    .back-title = Hebt u zich bedacht?
    .back-text = U kunt de herinneringen per e-mail op elk moment weer inschakelen: hier of in uw profiel.
    .back-button = Herinneringen per e-mail weer inschakelen
    .on-title = De herinneringen per e-mail zijn weer ingeschakeld
    .on-text = Wij herinneren u weer per e-mail aan uw afspraken.
    .unknown-title = Deze link werkt niet
    .unknown-text = Misschien is de link onvolledig. In uw profiel kunt u de herinneringen per e-mail in- en uitschakelen.

doctor-feed =
    .title = Afspraken: { $doctor }
    .unnamed = Afspraak

doctor_agenda_email =
    .subject = Afspraken van vandaag: { $day }, { $doctor }
    .title = Uw afspraken: { $day }

doctor_notice_email =
    .booked = Nieuwe afspraak: { $day }, { $time } uur
    .booked-title = Er is een nieuwe afspraak gemaakt.
    .moved = Afspraak verplaatst: { $day }, { $time } uur
    .moved-title = Er is een afspraak verplaatst.
    .cancelled = Afspraak afgezegd: { $day }, { $time } uur
    .cancelled-title = Er is een afspraak afgezegd.
    .client = Patiënt
