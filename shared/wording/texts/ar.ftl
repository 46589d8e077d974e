### العربية، إلى المرضى: صيغة رسمية لا تفترض جنس المخاطَب («يُرجى …»)، وجمل قصيرة. تُعزل الأسماء والأوقات عن النص تلقائيًا.

## الصيغ

when = { $day }، الساعة { $time } ({ $zone })
    .until = { $day }، الساعة { $time }–{ $until } ({ $zone })
zone = { $name }، { $offset }
separator = { ": " }
both = { $first }، { $second }
now-and-before = { $now }. سابقًا: { $before }.

## التسميات

label =
    .what = الموضوع
    .who = الطبيب/الطبيبة
    .when = الموعد
    .until = حتى
    .where = المكان
    .address = العنوان
    .telephone = الهاتف
    .website = الموقع الإلكتروني
    .clinic-time = توقيت العيادة
    .your-time = توقيتك المحلي
    .previously = سابقًا
    .new = الوقت الجديد
    .offered = الأوقات المتاحة
    .held-until = محجوزة لك حتى
    .reason = السبب
    .specialty = التخصص
    .bring = يُرجى إحضار
    .message = رسالة من العيادة
    .day = اليوم
    .time = الوقت

## الأزرار والروابط

action =
    .see = عرض الموعد
    .choose = اختيار وقت جديد
    .manage = تغيير الموعد أو إلغاؤه
    .cancel = إلغاء الموعد
    .calendar = إضافة إلى التقويم
    .map = عرض على الخريطة
    .call = الاتصال بالعيادة

## كل رسالة

mail =
    .what = موعد مع { $doctor }
    .greeting = تحية طيبة { $name }،
    .greeting-unnamed = تحية طيبة،
    .reply-hint = هل لديك سؤال؟ يكفي الرد على هذه الرسالة: يصل ردك إلى العيادة.
    .no-reply = يُرجى عدم الرد على هذه الرسالة.
    .why = وصلتك هذه الرسالة لأن موعدًا حُجز باسمك.
    .unsubscribe = إيقاف رسائل التذكير
    .closing = مع أطيب التحيات

## قسم لكل نوع من الرسائل

appointment_created_email =
    .subject = تأكيد الموعد: { $day }، الساعة { $time }، { $doctor }
    .preheader = تم تأكيد موعدك مع { $doctor }. تحتوي هذه الرسالة على جميع التفاصيل.
    .title = تم تأكيد الموعد
    .lead = تم تأكيد موعدك.
    .in-app = { $doctor }، { $when }
appointment_rescheduled_email =
    .subject = تغيير الموعد: { $day }، الساعة { $time }، { $doctor }
    .preheader = لموعدك مع { $doctor } وقت جديد.
    .title = تم تغيير الموعد
    .lead = تم تغيير وقت موعدك. يُرجى الانتباه إلى الوقت الجديد.
    .in-app = الوقت الجديد مع { $doctor }: { $when }
appointment_cancelled_email =
    .subject = إلغاء الموعد: { $day }، الساعة { $time }، { $doctor }
    .preheader = لن يتم موعدك مع { $doctor }.
    .title = تم إلغاء الموعد
    .lead = تم إلغاء موعدك. لا يلزمك القيام بأي شيء آخر.
    .in-app = أُلغي: { $doctor }، { $when }
appointment_offer_email =
    .subject = يلزم اختيار وقت جديد: { $day }، الساعة { $time }، { $doctor }
    .preheader = لا يمكن أن يتم موعدك مع { $doctor } كما حُجز. يُرجى اختيار وقت جديد.
    .title = يُرجى اختيار وقت جديد
    .lead = لا يمكن أن يتم موعدك في الوقت المحجوز. حجزنا لك هذه الأوقات المتاحة. يُرجى اختيار أحدها.
    .in-app = يلزم اختيار وقت جديد: { $doctor }، { $when }
appointment_reminder =
    .subject = تذكير: { $day }، الساعة { $time }، { $doctor }
    .preheader = اقترب موعدك مع { $doctor }.
    .title = تذكير بالموعد
    .lead = نود تذكيرك بموعدك.
    .in-app = { $doctor }، { $when }

## رسالة من العيادة

clinic-message =
    .subject = رسالة بخصوص موعدك: { $day }، الساعة { $time }
    .title = رسالة من العيادة

## إشعار في التطبيق بعد رجوع رسالة

unreachable =
    .title = تعذّر الوصول إليك بالبريد الإلكتروني
    .in-app = عادت إلينا رسالة أُرسلت إلى { $address }. يُرجى التحقق من العنوان في ملفك الشخصي أو إبلاغ العيادة.

## ملفات التقويم

calendar =
    .summary = موعد مع { $doctor }
    .summary-cancelled = أُلغي: موعد مع { $doctor }
    .clinic-time = توقيت العيادة: { $when }
    .bring = يُرجى إحضار: { $what }
    .manage = التغيير أو الإلغاء: { $link }

## صفحات الروابط

link =
    .title = موعدك
    .booked = موعدك محجوز.
    .will-come = سأحضر
    .thanks-title = شكرًا جزيلًا
    .thanks = شكرًا على الرد. نحن في انتظارك.
    .move = تغيير وقت الموعد
    .choose-day = اختيار اليوم
    .choose-time = اختيار الوقت
    .free-times = { $count ->
        [0] لا توجد أوقات متاحة
        [zero] لا توجد أوقات متاحة
        [one] وقت متاح واحد
        [two] وقتان متاحان
        [few] { $count } أوقات متاحة
        [many] { $count } وقتًا متاحًا
       *[other] { $count } وقت متاح
    }
    .earlier-days = الأيام السابقة
    .later-days = الأيام التالية
    .no-slots = لا توجد أوقات متاحة في هذا اليوم. يُرجى اختيار يوم آخر.
    .no-slots-at-all = لا توجد أوقات متاحة حاليًا. يُرجى الاتصال بالعيادة.
    .slot-taken = حُجز هذا الوقت قبل قليل. يُرجى اختيار وقت آخر.
    .slot-gone = لم يعد هذا الوقت متاحًا. يُرجى اختيار وقت آخر.
    .move-title = نقل الموعد إلى هذا الوقت؟
    .move-yes = نعم، نقل الموعد
    .moved-title = تم تغيير وقت موعدك
    .moved = ستصلك رسالة بالوقت الجديد.
    .offer-title = يُرجى اختيار وقت جديد
    .offer = لا يمكن أن يتم موعدك في الوقت المحجوز. حجزنا لك هذه الأوقات المتاحة.
    .offer-ended = لا يمكن أن يتم موعدك في الوقت المحجوز. لم نعد نحجز لك أوقاتًا. يُرجى اختيار وقت آخر أو الاتصال بالعيادة.
    .takes-place = سيتم موعدك في الوقت المحجوز. إذا أبلغناك بغير ذلك، فلم يعد ذلك ساريًا.
    .other-time = اختيار وقت آخر
    .cancel = إلغاء الموعد
    .cancel-title = إلغاء هذا الموعد؟
    .cancel-text = يمكن لشخص آخر عندئذ أن يحجز هذا الوقت.
    .cancel-yes = نعم، إلغاء الموعد
    .keep = لا، الإبقاء على الموعد
    .cancelled-title = تم إلغاء هذا الموعد
    .cancelled = لا يلزمك القيام بأي شيء آخر.
    .begun-title = بدأ هذا الموعد بالفعل
    .past-title = انتهى هذا الموعد
    .begun = لم يعد من الممكن تغييره هنا. يُرجى الاتصال بالعيادة.
    .changed-title = تغيّر الموعد
    .changed = تغيّر الموعد منذ فتح هذه الصفحة. يظهر هنا كما هو الآن. يُرجى الاختيار من جديد.
    .invalid-title = هذا الرابط لا يعمل
    .invalid = الرابط غير كامل أو انتهت صلاحيته. يُرجى فتح أحدث رسالة عن موعدك أو الاتصال بالعيادة.
    .too-many-title = طلبات كثيرة جدًا
    .too-many = يُرجى الانتظار بضع دقائق ثم المحاولة من جديد.
    .refused-title = تعذّر تنفيذ ذلك
    .refused = لم يتغيّر شيء. يُرجى الاتصال بالعيادة.
    .unavailable-title = الخدمة غير متاحة حاليًا
    .unavailable = يُرجى المحاولة من جديد بعد بضع دقائق. لم يتغيّر شيء.
    .back = رجوع
    .download = تنزيل ملف التقويم

## صفحة الرابط الذي يوقف رسائل التذكير

unsubscribe =
    .title = إيقاف رسائل التذكير؟
    .text = لن نرسل إليك بعد ذلك رسائل إلكترونية للتذكير بمواعيدك.
    .button = إيقاف رسائل التذكير
    .still-title = سيصلك كما في السابق
    .still-booked = رسالة عند تأكيد موعد
    .still-changed = رسالة عند تغيير موعد أو إلغائه
    .still-in-app = التذكيرات في التطبيق
    .done-title = لن تصلك رسائل تذكير بعد الآن
    .back-title = هل غيّرت رأيك؟
    .back-text = يمكن تشغيل رسائل التذكير من جديد في أي وقت: هنا أو في ملفك الشخصي.
    .back-button = تشغيل رسائل التذكير من جديد
    .on-title = رسائل التذكير تعمل من جديد
    .on-text = سنذكّرك بمواعيدك بالبريد الإلكتروني من جديد.
    .unknown-title = هذا الرابط لا يعمل
    .unknown-text = ربما كان الرابط غير كامل. يمكن تشغيل رسائل التذكير أو إيقافها في ملفك الشخصي.

doctor-feed =
    .title = المواعيد: { $doctor }
    .unnamed = موعد

doctor_agenda_email =
    .subject = جدول اليوم: { $day }، { $doctor }
    .title = مواعيدك: { $day }

doctor_notice_email =
    .booked = موعد جديد: { $day }، الساعة { $time }
    .booked-title = تم حجز موعد جديد.
    .moved = تغيير موعد: { $day }، الساعة { $time }
    .moved-title = تم تغيير موعد.
    .cancelled = إلغاء موعد: { $day }، الساعة { $time }
    .cancelled-title = تم إلغاء موعد.
    .client = المريض
