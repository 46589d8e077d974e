### Türkçe, hastalara: “siz”, kısa cümleler. Adlara ek getirilmez: ünlü uyumu bilinmez.

## Biçimler

when = { $day }, saat { $time } ({ $zone })
    .until = { $day }, saat { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Önceki: { $before }.

## Etiketler

label =
    .what = Konu
    .who = Doktor
    .when = Ne zaman
    .until = Bitiş
    .where = Nerede
    .address = Adres
    .telephone = Telefon
    .website = Web sitesi
    .clinic-time = Kliniğin yerel saati
    .your-time = Sizin yerel saatiniz
    .previously = Önceki
    .new = Yeni zaman
    .offered = Boş saatler
    .held-until = Sizin için ayrıldığı son zaman
    .reason = Neden
    .specialty = Uzmanlık alanı
    .bring = Lütfen yanınızda getirin
    .message = Kliniğin mesajı
    .day = Gün
    .time = Saat

## Düğmeler ve bağlantılar

action =
    .see = Randevuyu görüntüle
    .choose = Yeni bir saat seçin
    .manage = Randevuyu değiştir veya iptal et
    .cancel = Randevuyu iptal et
    .calendar = Takvime ekle
    .map = Haritada göster
    .call = Kliniği ara

## Her e-posta

mail =
    .what = Randevu: { $doctor }
    .greeting = Sayın { $name },
    .greeting-unnamed = Merhaba,
    .reply-hint = Bir sorunuz mu var? Bu e-postayı yanıtlamanız yeterlidir: yanıtınız kliniğe ulaşır.
    .no-reply = Lütfen bu e-postayı yanıtlamayın.
    .why = Bu e-postayı, adınıza bir randevu alındığı için alıyorsunuz.
    .unsubscribe = E-posta hatırlatmalarını durdur
    .closing = Saygılarımızla

## E-posta türleri

appointment_created_email =
    .subject = Randevunuz onaylandı: { $day }, saat { $time }, { $doctor }
    .preheader = { $doctor } ile randevunuz onaylandı. Tüm bilgiler bu e-postadadır.
    .title = Randevunuz onaylandı
    .lead = Randevunuz onaylanmıştır.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Randevunuzun zamanı değişti: { $day }, saat { $time }, { $doctor }
    .preheader = { $doctor } ile randevunuzun yeni bir zamanı var.
    .title = Randevunuzun zamanı değişti
    .lead = Randevunuzun zamanı değiştirilmiştir. Lütfen yeni zamanı not edin.
    .in-app = Yeni zaman, { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Randevunuz iptal edildi: { $day }, saat { $time }, { $doctor }
    .preheader = { $doctor } ile randevunuz gerçekleşmeyecek.
    .title = Randevunuz iptal edildi
    .lead = Randevunuz iptal edilmiştir. Başka bir şey yapmanıza gerek yoktur.
    .in-app = İptal edildi: { $doctor }, { $when }
appointment_offer_email =
    .subject = Yeni bir saat gerekli: { $day }, saat { $time }, { $doctor }
    .preheader = { $doctor } ile randevunuz planlandığı gibi gerçekleşemiyor. Lütfen yeni bir saat seçin.
    .title = Lütfen yeni bir saat seçin
    .lead = Randevunuz belirlenen saatte gerçekleşemiyor. Bu boş saatleri sizin için ayırdık. Lütfen birini seçin.
    .in-app = Yeni bir saat gerekli: { $doctor }, { $when }
appointment_reminder =
    .subject = Hatırlatma: { $day }, saat { $time }, { $doctor }
    .preheader = { $doctor } ile randevunuz yaklaşıyor.
    .title = Randevu hatırlatması
    .lead = Size randevunuzu hatırlatmak isteriz.
    .in-app = { $doctor }, { $when }

## Kliniğin mesajı

clinic-message =
    .subject = Randevunuzla ilgili mesaj: { $day }, saat { $time }
    .title = Kliniğin mesajı

## Bir e-posta geri döndükten sonra uygulamadaki bildirim

unreachable =
    .title = Size e-postayla ulaşamadık
    .in-app = Şu adrese gönderilen bir e-posta geri döndü: { $address }. Lütfen profilinizdeki adresi kontrol edin veya kliniğe haber verin.

## Takvim dosyaları

calendar =
    .summary = Randevu: { $doctor }
    .summary-cancelled = İptal edilen randevu: { $doctor }
    .clinic-time = Kliniğin yerel saati: { $when }
    .bring = Lütfen yanınızda getirin: { $what }
    .manage = Değiştirme veya iptal: { $link }

## Bağlantıların açtığı sayfalar

link =
    .title = Randevunuz
    .booked = Randevunuz alınmıştır.
    .will-come = Geleceğim
    .thanks-title = Teşekkür ederiz
    .thanks = Bilgi verdiğiniz için teşekkür ederiz. Sizi bekliyoruz.
    .move = Randevunun zamanını değiştir
    .choose-day = Bir gün seçin
    .choose-time = Bir saat seçin
    .free-times = { $count ->
        [0] Boş saat yok
        [one] { $count } boş saat
       *[other] { $count } boş saat
    }
    .earlier-days = Önceki günler
    .later-days = Sonraki günler
    .no-slots = Bu gün için boş saat yok. Lütfen başka bir gün seçin.
    .no-slots-at-all = Şu anda boş saat yok. Lütfen kliniği arayın.
    .slot-taken = Bu saat az önce doldu. Lütfen başka bir saat seçin.
    .slot-gone = Bu saat artık sunulmuyor. Lütfen başka bir saat seçin.
    .move-title = Randevu bu saate alınsın mı?
    .move-yes = Evet, randevunun zamanını değiştir
    .moved-title = Randevunuzun zamanı değiştirildi
    .moved = Yeni zamanı bildiren bir e-posta alacaksınız.
    .offer-title = Lütfen yeni bir saat seçin
    .offer = Randevunuz belirlenen saatte gerçekleşemiyor. Bu boş saatleri sizin için ayırdık.
    .offer-ended = Randevunuz belirlenen saatte gerçekleşemiyor. Artık sizin için ayrılmış saat yok. Lütfen başka bir saat seçin veya kliniği arayın.
    .takes-place = Randevunuz belirlenen saatte gerçekleşecek. Size farklı bir bilgi verdiysek artık geçerli değildir.
    .other-time = Başka bir saat seçin
    .cancel = Randevuyu iptal et
    .cancel-title = Bu randevu iptal edilsin mi?
    .cancel-text = Bu saati o zaman başka bir hasta alabilir.
    .cancel-yes = Evet, randevuyu iptal et
    .keep = Hayır, randevu kalsın
    .cancelled-title = Bu randevu iptal edildi
    .cancelled = Başka bir şey yapmanıza gerek yoktur.
    .begun-title = Bu randevu başladı
    .past-title = Bu randevu geçmişte kaldı
    .begun = Artık buradan değiştirilemez. Lütfen kliniği arayın.
    .changed-title = Randevu değişti
    .changed = Siz bu sayfayı açtıktan sonra randevu değişti. Burada şimdiki hâlini görüyorsunuz. Lütfen yeniden seçin.
    .invalid-title = Bu bağlantı çalışmıyor
    .invalid = Bağlantı eksik veya süresi dolmuş. Lütfen randevunuzla ilgili en yeni e-postayı açın veya kliniği arayın.
    .too-many-title = Çok fazla istek
    .too-many = Lütfen birkaç dakika bekleyip yeniden deneyin.
    .refused-title = Bu işlem yapılamadı
    .refused = Hiçbir şey değiştirilmedi. Lütfen kliniği arayın.
    .unavailable-title = Şu anda kullanılamıyor
    .unavailable = Lütfen birkaç dakika sonra yeniden deneyin. Hiçbir şey değiştirilmedi.
    .back = Geri
    .download = Takvim dosyasını indir

## Hatırlatmaları durduran bağlantının sayfası

unsubscribe =
    .title = E-posta hatırlatmaları durdurulsun mu?
    .text = Bundan sonra size randevularınızı hatırlatan e-postalar göndermeyeceğiz.
    .button = E-posta hatırlatmalarını durdur
    .still-title = Şunları almaya devam edeceksiniz
    .still-booked = Bir randevu onaylandığında e-posta
    .still-changed = Bir randevunun zamanı değiştiğinde veya randevu iptal edildiğinde e-posta
    .still-in-app = Uygulamadaki hatırlatmalar
    .done-title = Artık e-posta hatırlatması almayacaksınız
    .back-title = Fikrinizi mi değiştirdiniz?
    .back-text = E-posta hatırlatmalarını istediğiniz zaman yeniden açabilirsiniz: burada veya profilinizde.
    .back-button = E-posta hatırlatmalarını yeniden aç
    .on-title = E-posta hatırlatmaları yeniden açıldı
    .on-text = Randevularınızı size yeniden e-postayla hatırlatacağız.
    .unknown-title = Bu bağlantı çalışmıyor
    .unknown-text = Bağlantı eksik olabilir. E-posta hatırlatmalarını profilinizden açıp kapatabilirsiniz.

doctor-feed =
    .title = Randevular: { $doctor }
    .unnamed = Randevu

doctor_agenda_email =
    .subject = Günlük program: { $day }, { $doctor }
    .title = Randevularınız: { $day }

doctor_notice_email =
    .booked = Yeni randevu: { $day }, saat { $time }
    .booked-title = Yeni bir randevu alındı.
    .moved = Randevu değiştirildi: { $day }, saat { $time }
    .moved-title = Bir randevunun zamanı değiştirildi.
    .cancelled = Randevu iptal edildi: { $day }, saat { $time }
    .cancelled-title = Bir randevu iptal edildi.
    .client = Hasta
