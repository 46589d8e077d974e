### Français, à une patiente ou un patient : « vous », phrases courtes, aucune forme qui suppose un genre.

## Formats

when = { $day }, { $time } ({ $zone })
    .until = { $day }, { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
separator = { " : " }
both = { $first }, { $second }
now-and-before = { $now }. Auparavant : { $before }.

## Libellés

label =
    .what = Objet
    .who = Médecin
    .when = Date et heure
    .until = Jusqu’à
    .where = Lieu
    .address = Adresse
    .telephone = Téléphone
    .website = Site web
    .clinic-time = Heure du cabinet
    .your-time = Votre heure locale
    .previously = Auparavant
    .new = Nouvel horaire
    .offered = Horaires libres
    .held-until = Réservés pour vous jusqu’au
    .reason = Motif
    .specialty = Spécialité
    .bring = À apporter
    .message = Message du cabinet
    .day = Jour
    .time = Heure

## Boutons et liens

action =
    .see = Voir le rendez-vous
    .choose = Choisir un nouvel horaire
    .manage = Modifier ou annuler le rendez-vous
    .cancel = Annuler le rendez-vous
    .calendar = Ajouter au calendrier
    .map = Voir sur le plan
    .call = Appeler le cabinet

## Tous les courriels

mail =
    .what = Rendez-vous avec { $doctor }
    .greeting = Bonjour { $name },
    .greeting-unnamed = Bonjour,
    .reply-hint = Vous avez une question ? Répondez simplement à cet e-mail : votre réponse parviendra au cabinet.
    .no-reply = Merci de ne pas répondre à cet e-mail.
    .why = Vous recevez cet e-mail parce qu’un rendez-vous a été pris à votre nom.
    .unsubscribe = Ne plus recevoir de rappels par e-mail
    .closing = Cordialement

## Une section par type de courriel

appointment_created_email =
    .subject = Rendez-vous confirmé : { $day }, { $time }, { $doctor }
    .preheader = Votre rendez-vous avec { $doctor } est confirmé. Cet e-mail contient toutes les informations utiles.
    .title = Rendez-vous confirmé
    .lead = Votre rendez-vous est confirmé.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Rendez-vous déplacé : { $day }, { $time }, { $doctor }
    .preheader = L’horaire de votre rendez-vous avec { $doctor } a changé.
    .title = Rendez-vous déplacé
    .lead = Votre rendez-vous a été déplacé. Merci de noter le nouvel horaire.
    .in-app = Nouvel horaire avec { $doctor } : { $when }
appointment_cancelled_email =
    .subject = Rendez-vous annulé : { $day }, { $time }, { $doctor }
    .preheader = Votre rendez-vous avec { $doctor } n’aura pas lieu.
    .title = Rendez-vous annulé
    .lead = Votre rendez-vous a été annulé. Vous n’avez rien d’autre à faire.
    .in-app = Annulé : { $doctor }, { $when }
appointment_offer_email =
    .subject = Nouvel horaire à choisir : { $day }, { $time }, { $doctor }
    .preheader = Votre rendez-vous avec { $doctor } ne peut pas avoir lieu comme prévu. Merci de choisir un nouvel horaire.
    .title = Merci de choisir un nouvel horaire
    .lead = Votre rendez-vous ne peut pas avoir lieu à l’horaire prévu. Nous vous réservons ces horaires libres. Merci d’en choisir un.
    .in-app = Nouvel horaire à choisir : { $doctor }, { $when }
appointment_reminder =
    .subject = Rappel : { $day }, { $time }, { $doctor }
    .preheader = Votre rendez-vous avec { $doctor } approche.
    .title = Rappel de rendez-vous
    .lead = Nous vous rappelons votre rendez-vous.
    .in-app = { $doctor }, { $when }

## Message du cabinet

clinic-message =
    .subject = Message au sujet de votre rendez-vous : { $day }, { $time }
    .title = Message du cabinet

## Notification dans l’application, après le retour d’un e-mail

unreachable =
    .title = Nous n’avons pas pu vous joindre par e-mail
    .in-app = Un e-mail envoyé à { $address } nous est revenu. Merci de vérifier votre adresse dans votre profil ou d’en informer le cabinet.

## Fichiers de calendrier

calendar =
    .summary = Rendez-vous avec { $doctor }
    .summary-cancelled = Annulé : rendez-vous avec { $doctor }
    .clinic-time = Heure du cabinet : { $when }
    .bring = À apporter : { $what }
    .manage = Modifier ou annuler : { $link }

## Pages derrière les liens des courriels

link =
    .title = Votre rendez-vous
    .booked = Votre rendez-vous est pris.
    .will-come = Je viendrai
    .thanks-title = Merci
    .thanks = Merci pour votre réponse. Nous vous attendons avec plaisir.
    .move = Déplacer le rendez-vous
    .choose-day = Choisir un jour
    .choose-time = Choisir une heure
    .free-times = { $count ->
        [0] Aucun horaire libre
        [one] { $count } horaire libre
       *[other] { $count } horaires libres
    }
    .earlier-days = Jours précédents
    .later-days = Jours suivants
    .no-slots = Aucun horaire n’est libre ce jour-là. Merci de choisir un autre jour.
    .no-slots-at-all = Aucun horaire n’est libre pour le moment. Merci d’appeler le cabinet.
    .slot-taken = Cet horaire vient d’être pris. Merci d’en choisir un autre.
    .slot-gone = Cet horaire n’est plus proposé. Merci d’en choisir un autre.
    .move-title = Déplacer le rendez-vous à cet horaire ?
    .move-yes = Oui, déplacer le rendez-vous
    .moved-title = Votre rendez-vous a été déplacé
    .moved = Vous recevrez un e-mail avec le nouvel horaire.
    .offer-title = Merci de choisir un nouvel horaire
    .offer = Votre rendez-vous ne peut pas avoir lieu à l’horaire prévu. Nous vous réservons ces horaires libres.
    .offer-ended = Votre rendez-vous ne peut pas avoir lieu à l’horaire prévu. Nous ne vous réservons plus d’horaires. Merci d’en choisir un autre, ou d’appeler le cabinet.
    .takes-place = Votre rendez-vous a lieu à l’horaire prévu. Si nous vous avons annoncé le contraire, cela n’est plus valable.
    .other-time = Choisir un autre horaire
    .cancel = Annuler le rendez-vous
    .cancel-title = Annuler ce rendez-vous ?
    .cancel-text = Une autre personne pourra alors prendre cet horaire.
    .cancel-yes = Oui, annuler le rendez-vous
    .keep = Non, garder le rendez-vous
    .cancelled-title = Ce rendez-vous a été annulé
    .cancelled = Vous n’avez rien d’autre à faire.
    .begun-title = Ce rendez-vous a déjà commencé
    .past-title = Ce rendez-vous est passé
    .begun = Il ne peut plus être modifié ici. Merci d’appeler le cabinet.
    .changed-title = Le rendez-vous a changé
    .changed = Il a changé depuis que vous avez ouvert cette page. Le voici tel qu’il est maintenant. Merci de choisir à nouveau.
    .invalid-title = Ce lien ne fonctionne pas
    .invalid = Le lien est incomplet ou a expiré. Merci d’ouvrir l’e-mail le plus récent au sujet de votre rendez-vous ou d’appeler le cabinet.
    .too-many-title = Trop de demandes
    .too-many = Merci de patienter quelques minutes, puis de réessayer.
    .refused-title = Cela n’a pas été possible
    .refused = Rien n’a été modifié. Merci d’appeler le cabinet.
    .unavailable-title = Service momentanément indisponible
    .unavailable = Merci de réessayer dans quelques minutes. Rien n’a été modifié.
    .back = Retour
    .download = Télécharger le fichier de calendrier

## Page derrière le lien qui met fin aux rappels

unsubscribe =
    .title = Ne plus recevoir de rappels par e-mail ?
    .text = Nous ne vous enverrons plus d’e-mails pour vous rappeler vos rendez-vous.
    .button = Ne plus recevoir de rappels par e-mail
    .still-title = Vous recevrez toujours
    .still-booked = Un e-mail lorsqu’un rendez-vous est confirmé
    .still-changed = Un e-mail lorsqu’un rendez-vous est déplacé ou annulé
    .still-in-app = Les rappels dans l’application
    .done-title = Vous ne recevrez plus de rappels par e-mail
    .back-title = Vous avez changé d’avis ?
    .back-text = Vous pouvez réactiver les rappels par e-mail à tout moment : ici ou dans votre profil.
    .back-button = Réactiver les rappels par e-mail
    .on-title = Les rappels par e-mail sont réactivés
    .on-text = Nous vous rappellerons de nouveau vos rendez-vous par e-mail.
    .unknown-title = Ce lien ne fonctionne pas
    .unknown-text = Le lien est peut-être incomplet. Vous pouvez activer ou désactiver les rappels par e-mail dans votre profil.

doctor-feed =
    .title = Rendez-vous : { $doctor }
    .unnamed = Rendez-vous

doctor_agenda_email =
    .subject = Agenda : { $day }, { $doctor }
    .title = Vos rendez-vous : { $day }

doctor_notice_email =
    .booked = Nouveau rendez-vous : { $day }, { $time }
    .booked-title = Un nouveau rendez-vous a été pris.
    .moved = Rendez-vous déplacé : { $day }, { $time }
    .moved-title = Un rendez-vous a été déplacé.
    .cancelled = Rendez-vous annulé : { $day }, { $time }
    .cancelled-title = Un rendez-vous a été annulé.
    .client = Patient(e)
