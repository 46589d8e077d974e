### Español, a pacientes: «usted», frases cortas, sin formas que supongan un género.

## Formatos

when = { $day }, { $time } ({ $zone })
    .until = { $day }, { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Antes: { $before }.

## Etiquetas

label =
    .what = Qué
    .who = Médico/a
    .when = Cuándo
    .until = Hasta
    .where = Dónde
    .address = Dirección
    .telephone = Teléfono
    .website = Página web
    .clinic-time = Hora de la consulta
    .your-time = Su hora local
    .previously = Antes
    .new = Nueva hora
    .offered = Horas libres
    .held-until = Reservadas para usted hasta
    .reason = Motivo
    .specialty = Especialidad
    .bring = Traiga, por favor
    .message = Mensaje de la consulta
    .day = Día
    .time = Hora

## Botones y enlaces

action =
    .see = Ver la cita
    .choose = Elegir una nueva hora
    .manage = Cambiar o cancelar la cita
    .cancel = Cancelar la cita
    .calendar = Añadir al calendario
    .map = Ver en el mapa
    .call = Llamar a la consulta

## Todos los correos

mail =
    .what = Cita con { $doctor }
    .greeting = Estimado/a { $name }:
    .greeting-unnamed = Estimado/a paciente:
    .reply-hint = ¿Tiene alguna pregunta? Responda a este correo: su respuesta llegará a la consulta.
    .no-reply = Por favor, no responda a este correo.
    .why = Recibe este correo porque se ha reservado una cita a su nombre.
    .unsubscribe = Dejar de recibir recordatorios por correo
    .closing = Un cordial saludo

## Una sección por tipo de correo

appointment_created_email =
    .subject = Cita confirmada: { $day }, { $time }, { $doctor }
    .preheader = Su cita con { $doctor } está confirmada. Este correo contiene todos los datos.
    .title = Cita confirmada
    .lead = Su cita está confirmada.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Cita cambiada: { $day }, { $time }, { $doctor }
    .preheader = Su cita con { $doctor } tiene una nueva hora.
    .title = Cita cambiada
    .lead = Su cita se ha cambiado. Por favor, anote la nueva hora.
    .in-app = Nueva hora con { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Cita cancelada: { $day }, { $time }, { $doctor }
    .preheader = Su cita con { $doctor } no tendrá lugar.
    .title = Cita cancelada
    .lead = Su cita se ha cancelado. No tiene que hacer nada más.
    .in-app = Cancelada: { $doctor }, { $when }
appointment_offer_email =
    .subject = Hay que elegir otra hora: { $day }, { $time }, { $doctor }
    .preheader = Su cita con { $doctor } no puede tener lugar como estaba prevista. Por favor, elija una nueva hora.
    .title = Por favor, elija una nueva hora
    .lead = Su cita no puede tener lugar a la hora reservada. Le guardamos estas horas libres. Por favor, elija una de ellas.
    .in-app = Hay que elegir otra hora: { $doctor }, { $when }
appointment_reminder =
    .subject = Recordatorio: { $day }, { $time }, { $doctor }
    .preheader = Se acerca su cita con { $doctor }.
    .title = Recordatorio de cita
    .lead = Le recordamos su cita.
    .in-app = { $doctor }, { $when }

## Mensaje de la consulta

clinic-message =
    .subject = Mensaje sobre su cita: { $day }, { $time }
    .title = Mensaje de la consulta

## Aviso en la aplicación, tras la devolución de un correo

unreachable =
    .title = No hemos podido escribirle por correo
    .in-app = Un correo enviado a { $address } nos ha sido devuelto. Por favor, compruebe la dirección en su perfil o avise a la consulta.

## Archivos de calendario

calendar =
    .summary = Cita con { $doctor }
    .summary-cancelled = Cancelada: cita con { $doctor }
    .clinic-time = Hora de la consulta: { $when }
    .bring = Traiga, por favor: { $what }
    .manage = Cambiar o cancelar: { $link }

## Páginas de los enlaces

link =
    .title = Su cita
    .booked = Su cita está reservada.
    .will-come = Iré a la cita
    .thanks-title = Gracias
    .thanks = Gracias por avisarnos. Le esperamos.
    .move = Cambiar la cita
    .choose-day = Elegir un día
    .choose-time = Elegir una hora
    .free-times = { $count ->
        [0] No hay horas libres
        [one] { $count } hora libre
       *[other] { $count } horas libres
    }
    .earlier-days = Días anteriores
    .later-days = Días siguientes
    .no-slots = Ese día no hay horas libres. Por favor, elija otro día.
    .no-slots-at-all = Por el momento no hay horas libres. Por favor, llame a la consulta.
    .slot-taken = Esa hora acaba de ocuparse. Por favor, elija otra.
    .slot-gone = Esta hora ya no se ofrece. Por favor, elija otra.
    .move-title = ¿Cambiar la cita a esta hora?
    .move-yes = Sí, cambiar la cita
    .moved-title = Su cita se ha cambiado
    .moved = Recibirá un correo con la nueva hora.
    .offer-title = Por favor, elija una nueva hora
    .offer = Su cita no puede tener lugar a la hora reservada. Le guardamos estas horas libres.
    .offer-ended = Su cita no puede tener lugar a la hora reservada. Ya no le guardamos ninguna hora. Por favor, elija otra o llame a la consulta.
    .takes-place = Su cita tiene lugar a la hora reservada. Si le comunicamos otra cosa, ya no es válido.
    .other-time = Elegir otra hora
    .cancel = Cancelar la cita
    .cancel-title = ¿Cancelar esta cita?
    .cancel-text = Otra persona podrá usar entonces esa hora.
    .cancel-yes = Sí, cancelar la cita
    .keep = No, mantener la cita
    .cancelled-title = Esta cita se ha cancelado
    .cancelled = No tiene que hacer nada más.
    .begun-title = Esta cita ya ha comenzado
    .past-title = Esta cita ya ha pasado
    .begun = Ya no se puede cambiar aquí. Por favor, llame a la consulta.
    .changed-title = La cita ha cambiado
    .changed = Ha cambiado desde que abrió esta página. Aquí la ve tal como está ahora. Por favor, elija de nuevo.
    .invalid-title = Este enlace no funciona
    .invalid = El enlace está incompleto o ha caducado. Por favor, abra el correo más reciente sobre su cita o llame a la consulta.
    .too-many-title = Demasiadas solicitudes
    .too-many = Por favor, espere unos minutos e inténtelo de nuevo.
    .refused-title = No ha sido posible
    .refused = No se ha cambiado nada. Por favor, llame a la consulta.
    .unavailable-title = No disponible en este momento
    .unavailable = Por favor, inténtelo de nuevo en unos minutos. No se ha cambiado nada.
    .back = Volver
    .download = Descargar el archivo de calendario

## Página del enlace que da de baja los recordatorios

unsubscribe =
    .title = ¿Dejar de recibir recordatorios por correo?
    .text = Ya no le enviaremos correos para recordarle sus citas.
    .button = Dejar de recibir recordatorios por correo
    .still-title = Seguirá recibiendo
    .still-booked = Un correo cuando se confirme una cita
    .still-changed = Un correo cuando se cambie o se cancele una cita
    .still-in-app = Los recordatorios en la aplicación
    .done-title = Ya no recibirá recordatorios por correo
    .back-title = ¿Ha cambiado de opinión?
    .back-text = Puede volver a activar los recordatorios por correo en cualquier momento: aquí o en su perfil.
    .back-button = Volver a activar los recordatorios por correo
    .on-title = Los recordatorios por correo vuelven a estar activados
    .on-text = Volveremos a recordarle sus citas por correo.
    .unknown-title = Este enlace no funciona
    .unknown-text = Puede que el enlace esté incompleto. En su perfil puede activar o desactivar los recordatorios por correo.

doctor-feed =
    .title = Citas: { $doctor }
    .unnamed = Cita

doctor_agenda_email =
    .subject = Citas de hoy: { $day }, { $doctor }
    .title = Sus citas: { $day }

doctor_notice_email =
    .booked = Nueva cita: { $day }, { $time }
    .booked-title = Se ha reservado una nueva cita.
    .moved = Cita cambiada: { $day }, { $time }
    .moved-title = Se ha cambiado una cita.
    .cancelled = Cita cancelada: { $day }, { $time }
    .cancelled-title = Se ha cancelado una cita.
    .client = Paciente
