### Polski, do pacjentów: „Państwo”, krótkie zdania; imię i nazwisko zawsze w mianowniku, więc nigdy po przyimku.

## Formaty

when = { $day }, godz. { $time } ({ $zone })
    .until = { $day }, godz. { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Poprzednio: { $before }.

## Etykiety

label =
    .what = Co
    .who = Lekarz
    .when = Kiedy
    .until = Do
    .where = Gdzie
    .address = Adres
    .telephone = Telefon
    .website = Strona internetowa
    .clinic-time = Czas przychodni
    .your-time = Państwa czas lokalny
    .previously = Poprzednio
    .new = Nowy termin
    .offered = Wolne terminy
    .held-until = Zarezerwowane dla Państwa do
    .reason = Powód
    .specialty = Specjalizacja
    .bring = Prosimy zabrać ze sobą
    .message = Wiadomość od przychodni
    .day = Dzień
    .time = Godzina

## Przyciski i odnośniki

action =
    .see = Zobacz wizytę
    .choose = Wybierz nowy termin
    .manage = Zmień lub odwołaj wizytę
    .cancel = Odwołaj wizytę
    .calendar = Dodaj do kalendarza
    .map = Pokaż na mapie
    .call = Zadzwoń do przychodni

## Każda wiadomość

mail =
    .what = Wizyta: { $doctor }
    .greeting = Dzień dobry, { $name },
    .greeting-unnamed = Dzień dobry,
    .reply-hint = Mają Państwo pytanie? Wystarczy odpowiedzieć na tę wiadomość: odpowiedź dotrze do przychodni.
    .no-reply = Prosimy nie odpowiadać na tę wiadomość.
    .why = Otrzymują Państwo tę wiadomość, ponieważ na Państwa nazwisko umówiono wizytę.
    .unsubscribe = Zrezygnuj z przypomnień e-mailem
    .closing = Z poważaniem

## Po jednej części na rodzaj wiadomości

appointment_created_email =
    .subject = Wizyta potwierdzona: { $day }, godz. { $time }, { $doctor }
    .preheader = Państwa wizyta jest potwierdzona. Lekarz: { $doctor }. Wszystkie informacje są w tej wiadomości.
    .title = Wizyta potwierdzona
    .lead = Państwa wizyta jest potwierdzona.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Wizyta przełożona: { $day }, godz. { $time }, { $doctor }
    .preheader = Państwa wizyta ma nowy termin. Lekarz: { $doctor }.
    .title = Wizyta przełożona
    .lead = Państwa wizyta została przełożona. Prosimy zapisać nowy termin.
    .in-app = Nowy termin, { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Wizyta odwołana: { $day }, godz. { $time }, { $doctor }
    .preheader = Państwa wizyta się nie odbędzie. Lekarz: { $doctor }.
    .title = Wizyta odwołana
    .lead = Państwa wizyta została odwołana. Nie trzeba robić nic więcej.
    .in-app = Odwołana: { $doctor }, { $when }
appointment_offer_email =
    .subject = Potrzebny nowy termin: { $day }, godz. { $time }, { $doctor }
    .preheader = Państwa wizyta nie może się odbyć w umówionym terminie. Prosimy wybrać nowy termin. Lekarz: { $doctor }.
    .title = Prosimy wybrać nowy termin
    .lead = Państwa wizyta nie może się odbyć w umówionym terminie. Rezerwujemy dla Państwa te wolne terminy. Prosimy wybrać jeden z nich.
    .in-app = Potrzebny nowy termin: { $doctor }, { $when }
appointment_reminder =
    .subject = Przypomnienie: { $day }, godz. { $time }, { $doctor }
    .preheader = Zbliża się Państwa wizyta. Lekarz: { $doctor }.
    .title = Przypomnienie o wizycie
    .lead = Przypominamy o Państwa wizycie.
    .in-app = { $doctor }, { $when }

## Wiadomość od przychodni

clinic-message =
    .subject = Wiadomość w sprawie Państwa wizyty: { $day }, godz. { $time }
    .title = Wiadomość od przychodni

## Powiadomienie w aplikacji po zwrocie wiadomości

unreachable =
    .title = Nie udało się nam wysłać do Państwa e-maila
    .in-app = Wiadomość na adres { $address } wróciła do nas. Prosimy sprawdzić adres w profilu lub skontaktować się z przychodnią.

## Pliki kalendarza

calendar =
    .summary = Wizyta: { $doctor }
    .summary-cancelled = Odwołana wizyta: { $doctor }
    .clinic-time = Czas przychodni: { $when }
    .bring = Prosimy zabrać ze sobą: { $what }
    .manage = Zmiana lub odwołanie: { $link }

## Strony, do których prowadzą odnośniki

link =
    .title = Państwa wizyta
    .booked = Państwa wizyta jest umówiona.
    .will-come = Przyjdę
    .thanks-title = Dziękujemy
    .thanks = Dziękujemy za odpowiedź. Czekamy na Państwa.
    .move = Przełóż wizytę
    .choose-day = Wybierz dzień
    .choose-time = Wybierz godzinę
    .free-times = { $count ->
        [0] Brak wolnych terminów
        [one] { $count } wolny termin
        [few] { $count } wolne terminy
        [many] { $count } wolnych terminów
       *[other] { $count } wolnego terminu
    }
    .earlier-days = Wcześniejsze dni
    .later-days = Późniejsze dni
    .no-slots = Tego dnia nie ma wolnych terminów. Prosimy wybrać inny dzień.
    .no-slots-at-all = Obecnie nie ma wolnych terminów. Prosimy zadzwonić do przychodni.
    .slot-taken = Ten termin został właśnie zajęty. Prosimy wybrać inny.
    .slot-gone = Ten termin nie jest już dostępny. Prosimy wybrać inny.
    .move-title = Przełożyć wizytę na ten termin?
    .move-yes = Tak, przełóż wizytę
    .moved-title = Państwa wizyta została przełożona
    .moved = Otrzymają Państwo wiadomość z nowym terminem.
    .offer-title = Prosimy wybrać nowy termin
    .offer = Państwa wizyta nie może się odbyć w umówionym terminie. Rezerwujemy dla Państwa te wolne terminy.
    .offer-ended = Państwa wizyta nie może się odbyć w umówionym terminie. Nie rezerwujemy już dla Państwa terminów. Prosimy wybrać inny termin lub zadzwonić do przychodni.
    .takes-place = Państwa wizyta odbędzie się w umówionym terminie. Jeśli przekazaliśmy inną informację, nie jest ona już aktualna.
    .other-time = Wybierz inny termin
    .cancel = Odwołaj wizytę
    .cancel-title = Odwołać tę wizytę?
    .cancel-text = Z tego terminu będzie mógł wtedy skorzystać ktoś inny.
    .cancel-yes = Tak, odwołaj wizytę
    .keep = Nie, zostaw wizytę
    .cancelled-title = Ta wizyta została odwołana
    .cancelled = Nie trzeba robić nic więcej.
    .begun-title = Ta wizyta już się rozpoczęła
    .past-title = Ta wizyta już się odbyła
    .begun = Tutaj nie można jej już zmienić. Prosimy zadzwonić do przychodni.
    .changed-title = Wizyta uległa zmianie
    .changed = Wizyta zmieniła się, odkąd otworzyli Państwo tę stronę. Tutaj widać jej obecny stan. Prosimy wybrać jeszcze raz.
    .invalid-title = Ten odnośnik nie działa
    .invalid = Odnośnik jest niepełny lub wygasł. Prosimy otworzyć najnowszą wiadomość o Państwa wizycie lub zadzwonić do przychodni.
    .too-many-title = Zbyt wiele zapytań
    .too-many = Prosimy odczekać kilka minut i spróbować ponownie.
    .refused-title = To się nie udało
    .refused = Nic nie zostało zmienione. Prosimy zadzwonić do przychodni.
    .unavailable-title = Chwilowo niedostępne
    .unavailable = Prosimy spróbować ponownie za kilka minut. Niczego nie zmieniono.
    .back = Wstecz
    .download = Pobierz plik kalendarza

## Strona, na której rezygnuje się z przypomnień

unsubscribe =
    .title = Zrezygnować z przypomnień e-mailem?
    .text = Nie będziemy już wysyłać do Państwa e-maili z przypomnieniami o wizytach.
    .button = Zrezygnuj z przypomnień e-mailem
    .still-title = Nadal będą Państwo otrzymywać
    .still-booked = E-maile o potwierdzeniu wizyty
    .still-changed = E-maile o przełożeniu lub odwołaniu wizyty
    .still-in-app = Przypomnienia w aplikacji
    .done-title = Nie będą Państwo otrzymywać przypomnień e-mailem
    .back-title = Zmiana zdania?
    .back-text = Przypomnienia e-mailem można w każdej chwili włączyć ponownie: tutaj lub w profilu.
    .back-button = Włącz ponownie przypomnienia e-mailem
    .on-title = Przypomnienia e-mailem są znów włączone
    .on-text = Będziemy znów przypominać Państwu o wizytach e-mailem.
    .unknown-title = Ten odnośnik nie działa
    .unknown-text = Odnośnik może być niepełny. Przypomnienia e-mailem można włączyć lub wyłączyć w profilu.

doctor-feed =
    .title = Wizyty: { $doctor }
    .unnamed = Wizyta

doctor_agenda_email =
    .subject = Plan dnia: { $day }, { $doctor }
    .title = Wizyty: { $day }

doctor_notice_email =
    .booked = Nowa wizyta: { $day }, godz. { $time }
    .booked-title = Umówiono nową wizytę.
    .moved = Wizyta przełożona: { $day }, godz. { $time }
    .moved-title = Wizyta została przełożona.
    .cancelled = Wizyta odwołana: { $day }, godz. { $time }
    .cancelled-title = Wizyta została odwołana.
    .client = Pacjent
