### English, to a patient of a clinic: polite, short sentences.
### The other languages have the same texts with the same variables. See docs/languages.md.

## Formats

# $day and $time come in the formats of this language. $zone such as: Central European Standard Time, UTC+01:00
when = { $day }, { $time } ({ $zone })
    .until = { $day }, { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
# Between label and value in a plain-text mail, such as: Doctor: Dr. Ada Weber
separator = { ": " }
both = { $first }, { $second }
# $now such as: New time with Dr. Ada Weber: Tuesday, 5 January 2027, 15:00
now-and-before = { $now }. Previously: { $before }.

## Labels of facts

label =
    .what = What
    .who = Doctor
    .when = When
    .until = Until
    .where = Where
    .address = Address
    .telephone = Telephone
    .website = Website
    .clinic-time = Clinic’s time
    .your-time = Your time
    .previously = Previously
    .new = New time
    .offered = Free times
    .held-until = Held for you until
    .reason = Reason
    .specialty = Specialty
    .bring = Please bring
    .message = Message from the clinic
    .day = Day
    .time = Time

## Buttons and links

action =
    .see = See appointment
    .choose = Choose a new time
    .manage = Change or cancel appointment
    .cancel = Cancel appointment
    .calendar = Add to calendar
    .map = Show on map
    .call = Call the clinic

## Every mail

mail =
    .what = Appointment with { $doctor }
    .greeting = Hello { $name },
    .greeting-unnamed = Hello,
    .reply-hint = Do you have a question? Simply reply to this e-mail: your answer reaches the clinic.
    .no-reply = Please do not reply to this e-mail.
    .why = You receive this e-mail because an appointment was booked in your name.
    .unsubscribe = Stop reminder e-mails
    .closing = Kind regards

## One message a kind of mail. The title and .in-app are the notification in the app.

appointment_created_email =
    .subject = Appointment confirmed: { $day }, { $time }, { $doctor }
    .preheader = Your appointment with { $doctor } is confirmed. This e-mail has all the details.
    .title = Appointment confirmed
    .lead = Your appointment is confirmed.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Appointment moved: { $day }, { $time }, { $doctor }
    .preheader = Your appointment with { $doctor } has a new time.
    .title = Appointment moved
    .lead = Your appointment has been moved. Please note the new time.
    .in-app = New time with { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Appointment cancelled: { $day }, { $time }, { $doctor }
    .preheader = Your appointment with { $doctor } will not take place.
    .title = Appointment cancelled
    .lead = Your appointment has been cancelled. You do not need to do anything.
    .in-app = Cancelled: { $doctor }, { $when }
appointment_offer_email =
    .subject = New time needed: { $day }, { $time }, { $doctor }
    .preheader = Your appointment with { $doctor } cannot take place as booked. Please choose a new time.
    .title = Please choose a new time
    .lead = Your appointment cannot take place at the booked time. We are holding these free times for you. Please choose one of them.
    .in-app = New time needed: { $doctor }, { $when }
appointment_reminder =
    .subject = Reminder: { $day }, { $time }, { $doctor }
    .preheader = Your appointment with { $doctor } is coming up.
    .title = Appointment reminder
    .lead = This is a reminder of your appointment.
    .in-app = { $doctor }, { $when }

## Words that the clinic sends to a client

clinic-message =
    .subject = Message about your appointment: { $day }, { $time }
    .title = Message from the clinic

## Notification in the app, after an e-mail has come back

unreachable =
    .title = We could not reach you by e-mail
    .in-app = An e-mail to { $address } came back. Please check your address in your profile, or tell the clinic.

## Calendar files

calendar =
    .summary = Appointment with { $doctor }
    .summary-cancelled = Cancelled: appointment with { $doctor }
    .clinic-time = Clinic’s time: { $when }
    .bring = Please bring: { $what }
    .manage = Change or cancel: { $link }

## The pages behind the links in mails

link =
    .title = Your appointment
    .booked = Your appointment is booked.
    .will-come = I will come
    .thanks-title = Thank you
    .thanks = Thank you for letting us know. We look forward to seeing you.
    .move = Move appointment
    .choose-day = Choose a day
    .choose-time = Choose a time
    .free-times = { $count ->
        [0] No free times
        [one] { $count } free time
       *[other] { $count } free times
    }
    .earlier-days = Earlier days
    .later-days = Later days
    .no-slots = There are no free times on this day. Please choose another day.
    .no-slots-at-all = There are no free times at present. Please call the clinic.
    .slot-taken = This time has just been taken. Please choose another one.
    .slot-gone = This time is no longer offered. Please choose another one.
    .move-title = Move the appointment to this time?
    .move-yes = Yes, move the appointment
    .moved-title = Your appointment has been moved
    .moved = You will receive an e-mail with the new time.
    .offer-title = Please choose a new time
    .offer = Your appointment cannot take place at the booked time. We are holding these free times for you.
    .offer-ended = Your appointment cannot take place at the booked time. We no longer hold times for you. Please choose another time, or call the clinic.
    .takes-place = Your appointment takes place at the booked time. If we told you otherwise, that no longer applies.
    .other-time = Choose another time
    .cancel = Cancel appointment
    .cancel-title = Cancel this appointment?
    .cancel-text = Another patient can then have this time.
    .cancel-yes = Yes, cancel the appointment
    .keep = No, keep the appointment
    .cancelled-title = This appointment has been cancelled
    .cancelled = You do not need to do anything else.
    .begun-title = This appointment has already begun
    .past-title = This appointment is over
    .begun = It can no longer be changed here. Please call the clinic.
    .changed-title = The appointment has changed
    .changed = It has changed since you opened this page. Here you see it as it is now. Please choose again.
    .invalid-title = This link does not work
    .invalid = The link is incomplete or has expired. Please open the newest e-mail about your appointment, or call the clinic.
    .too-many-title = Too many requests
    .too-many = Please wait a few minutes and try again.
    .refused-title = This could not be done
    .refused = Nothing has been changed. Please call the clinic.
    .unavailable-title = Not available at the moment
    .unavailable = Please try again in a few minutes. Nothing has been changed.
    .back = Back
    .download = Download calendar file

## The page behind the link that ends reminder e-mails

unsubscribe =
    .title = Stop reminder e-mails?
    .text = We will then no longer send you e-mails that remind you of your appointments.
    .button = Stop reminder e-mails
    .still-title = You will still receive
    .still-booked = E-mails when an appointment is confirmed
    .still-changed = E-mails when an appointment is moved or cancelled
    .still-in-app = Reminders in the app
    .done-title = You will receive no more reminder e-mails
    .back-title = Have you changed your mind?
    .back-text = You can turn reminder e-mails on again at any time: here, or in your profile.
    .back-button = Turn reminder e-mails on again
    .on-title = Reminder e-mails are on again
    .on-text = We will remind you of your appointments by e-mail again.
    .unknown-title = This link does not work
    .unknown-text = The link may be incomplete. You can turn reminder e-mails on or off in your profile.

# The calendar that a doctor subscribes to. .unnamed: an appointment of a client whose name is not known
doctor-feed =
    .title = Appointments: { $doctor }
    .unnamed = Appointment

# The mail with the agenda of a doctor's day, to the doctor
doctor_agenda_email =
    .subject = Agenda: { $day }, { $doctor }
    .title = Your appointments on { $day }

# The mail to a doctor about a change on the day of the appointment. .client: the label of the patient's name
doctor_notice_email =
    .booked = New appointment: { $day }, { $time }
    .booked-title = A new appointment was booked.
    .moved = Appointment moved: { $day }, { $time }
    .moved-title = An appointment was moved.
    .cancelled = Appointment cancelled: { $day }, { $time }
    .cancelled-title = An appointment was cancelled.
    .client = Patient
