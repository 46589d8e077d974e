### Italiano, ai pazienti: «Lei», frasi brevi, nessuna forma che presupponga un genere.

## Formati

when = { $day }, ore { $time } ({ $zone })
    .until = { $day }, ore { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Prima: { $before }.

## Etichette

label =
    .what = Oggetto
    .who = Medico
    .when = Quando
    .until = Fino alle
    .where = Dove
    .address = Indirizzo
    .telephone = Telefono
    .website = Sito web
    .clinic-time = Ora dello studio
    .your-time = La Sua ora locale
    .previously = Prima
    .new = Nuovo orario
    .offered = Orari liberi
    .held-until = Riservati per Lei fino a
    .reason = Motivo
    .specialty = Specialità
    .bring = Da portare
    .message = Messaggio dello studio
    .day = Giorno
    .time = Orario

## Pulsanti e link

action =
    .see = Vedere l’appuntamento
    .choose = Scegliere un nuovo orario
    .manage = Spostare o annullare l’appuntamento
    .cancel = Annullare l’appuntamento
    .calendar = Aggiungere al calendario
    .map = Vedere sulla mappa
    .call = Chiamare lo studio

## Tutti i messaggi

mail =
    .what = Appuntamento con { $doctor }
    .greeting = Gentile { $name },
    .greeting-unnamed = Buongiorno,
    .reply-hint = Ha una domanda? Risponda semplicemente a questa e-mail: la Sua risposta arriverà allo studio.
    .no-reply = La preghiamo di non rispondere a questa e-mail.
    .why = Riceve questa e-mail perché è stato prenotato un appuntamento a Suo nome.
    .unsubscribe = Non ricevere più promemoria via e-mail
    .closing = Cordiali saluti

## Una sezione per tipo di messaggio

appointment_created_email =
    .subject = Appuntamento confermato: { $day }, ore { $time }, { $doctor }
    .preheader = Il Suo appuntamento con { $doctor } è confermato. Questa e-mail contiene tutti i dettagli.
    .title = Appuntamento confermato
    .lead = Il Suo appuntamento è confermato.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Appuntamento spostato: { $day }, ore { $time }, { $doctor }
    .preheader = Il Suo appuntamento con { $doctor } ha un nuovo orario.
    .title = Appuntamento spostato
    .lead = Il Suo appuntamento è stato spostato. La preghiamo di annotare il nuovo orario.
    .in-app = Nuovo orario con { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Appuntamento annullato: { $day }, ore { $time }, { $doctor }
    .preheader = Il Suo appuntamento con { $doctor } non avrà luogo.
    .title = Appuntamento annullato
    .lead = Il Suo appuntamento è stato annullato. Non deve fare altro.
    .in-app = Annullato: { $doctor }, { $when }
appointment_offer_email =
    .subject = Nuovo orario da scegliere: { $day }, ore { $time }, { $doctor }
    .preheader = Il Suo appuntamento con { $doctor } non può avere luogo come previsto. La preghiamo di scegliere un nuovo orario.
    .title = La preghiamo di scegliere un nuovo orario
    .lead = Il Suo appuntamento non può avere luogo all’orario prenotato. Le riserviamo questi orari liberi. La preghiamo di sceglierne uno.
    .in-app = Nuovo orario da scegliere: { $doctor }, { $when }
appointment_reminder =
    .subject = Promemoria: { $day }, ore { $time }, { $doctor }
    .preheader = Il Suo appuntamento con { $doctor } si avvicina.
    .title = Promemoria dell’appuntamento
    .lead = Le ricordiamo il Suo appuntamento.
    .in-app = { $doctor }, { $when }

## Messaggio dello studio

clinic-message =
    .subject = Messaggio sul Suo appuntamento: { $day }, ore { $time }
    .title = Messaggio dello studio

## Avviso nell’app, dopo il ritorno di un’e-mail

unreachable =
    .title = Non siamo riusciti a raggiungerLa via e-mail
    .in-app = Un’e-mail inviata a { $address } ci è tornata indietro. La preghiamo di controllare l’indirizzo nel Suo profilo o di avvisare lo studio.

## File di calendario

calendar =
    .summary = Appuntamento con { $doctor }
    .summary-cancelled = Annullato: appuntamento con { $doctor }
    .clinic-time = Ora dello studio: { $when }
    .bring = Da portare: { $what }
    .manage = Spostare o annullare: { $link }

## Pagine dietro i link

link =
    .title = Il Suo appuntamento
    .booked = Il Suo appuntamento è prenotato.
    .will-come = Verrò
    .thanks-title = Grazie
    .thanks = Grazie per la conferma. La aspettiamo.
    .move = Spostare l’appuntamento
    .choose-day = Scegliere un giorno
    .choose-time = Scegliere un orario
    .free-times = { $count ->
        [0] Nessun orario libero
        [one] { $count } orario libero
       *[other] { $count } orari liberi
    }
    .earlier-days = Giorni precedenti
    .later-days = Giorni successivi
    .no-slots = In questo giorno non ci sono orari liberi. La preghiamo di scegliere un altro giorno.
    .no-slots-at-all = Al momento non ci sono orari liberi. La preghiamo di chiamare lo studio.
    .slot-taken = Questo orario è appena stato occupato. La preghiamo di sceglierne un altro.
    .slot-gone = Questo orario non è più disponibile. La preghiamo di sceglierne un altro.
    .move-title = Spostare l’appuntamento a questo orario?
    .move-yes = Sì, spostare l’appuntamento
    .moved-title = Il Suo appuntamento è stato spostato
    .moved = Riceverà un’e-mail con il nuovo orario.
    .offer-title = La preghiamo di scegliere un nuovo orario
    .offer = Il Suo appuntamento non può avere luogo all’orario prenotato. Le riserviamo questi orari liberi.
    .offer-ended = Il Suo appuntamento non può avere luogo all’orario prenotato. Non Le riserviamo più alcun orario. La preghiamo di scegliere un altro orario o di chiamare lo studio.
    .takes-place = Il Suo appuntamento ha luogo all’orario prenotato. Se Le avevamo comunicato altro, non è più valido.
    .other-time = Scegliere un altro orario
    .cancel = Annullare l’appuntamento
    .cancel-title = Annullare questo appuntamento?
    .cancel-text = Un’altra persona potrà così avere questo orario.
    .cancel-yes = Sì, annullare l’appuntamento
    .keep = No, mantenere l’appuntamento
    .cancelled-title = Questo appuntamento è stato annullato
    .cancelled = Non deve fare altro.
    .begun-title = Questo appuntamento è già iniziato
    .past-title = Questo appuntamento è già passato
    .begun = Non può più essere modificato qui. La preghiamo di chiamare lo studio.
    .changed-title = L’appuntamento è cambiato
    .changed = È cambiato da quando ha aperto questa pagina. Qui lo vede com’è adesso. La preghiamo di scegliere di nuovo.
    .invalid-title = Questo link non funziona
    .invalid = Il link è incompleto o scaduto. La preghiamo di aprire l’e-mail più recente sul Suo appuntamento o di chiamare lo studio.
    .too-many-title = Troppe richieste
    .too-many = La preghiamo di attendere qualche minuto e di riprovare.
    .refused-title = Non è stato possibile
    .refused = Non è stato modificato nulla. La preghiamo di chiamare lo studio.
    .unavailable-title = Al momento non disponibile
    .unavailable = La preghiamo di riprovare tra qualche minuto. Non è stato modificato nulla.
    .back = Indietro
    .download = Scaricare il file di calendario

## Pagina dietro il link che disattiva i promemoria

unsubscribe =
    .title = Non ricevere più promemoria via e-mail?
    .text = Non Le invieremo più e-mail per ricordarLe i Suoi appuntamenti.
    .button = Non ricevere più promemoria via e-mail
    .still-title = Continuerà a ricevere
    .still-booked = Un’e-mail quando un appuntamento viene confermato
    .still-changed = Un’e-mail quando un appuntamento viene spostato o annullato
    .still-in-app = I promemoria nell’app
    .done-title = Non riceverà più promemoria via e-mail
    .back-title = Ha cambiato idea?
    .back-text = Può riattivare i promemoria via e-mail in qualsiasi momento: qui o nel Suo profilo.
    .back-button = Riattivare i promemoria via e-mail
    .on-title = I promemoria via e-mail sono di nuovo attivi
    .on-text = Le ricorderemo di nuovo i Suoi appuntamenti via e-mail.
    .unknown-title = Questo link non funziona
    .unknown-text = Forse il link è incompleto. Può attivare o disattivare i promemoria via e-mail nel Suo profilo.

doctor-feed =
    .title = Appuntamenti: { $doctor }
    .unnamed = Appuntamento

doctor_agenda_email =
    .subject = Appuntamenti di oggi: { $day }, { $doctor }
    .title = I suoi appuntamenti: { $day }

doctor_notice_email =
    .booked = Nuovo appuntamento: { $day }, ore { $time }
    .booked-title = È stato prenotato un nuovo appuntamento.
    .moved = Appuntamento spostato: { $day }, ore { $time }
    .moved-title = Un appuntamento è stato spostato.
    .cancelled = Appuntamento annullato: { $day }, ore { $time }
    .cancelled-title = Un appuntamento è stato annullato.
    .client = Paziente
