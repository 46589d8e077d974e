### Português (europeu, compreensível também no Brasil), a pacientes: tratamento formal e impessoal, frases curtas.

## Formatos

when = { $day }, { $time } ({ $zone })
    .until = { $day }, { $time }–{ $until } ({ $zone })
zone = { $name }, { $offset }
separator = { ": " }
both = { $first }, { $second }
now-and-before = { $now }. Antes: { $before }.

## Etiquetas

label =
    .what = Assunto
    .who = Médico(a)
    .when = Quando
    .until = Até
    .where = Onde
    .address = Endereço
    .telephone = Telefone
    .website = Página web
    .clinic-time = Hora da clínica
    .your-time = A sua hora local
    .previously = Antes
    .new = Novo horário
    .offered = Horários livres
    .held-until = Reservados para si até
    .reason = Motivo
    .specialty = Especialidade
    .bring = A trazer
    .message = Mensagem da clínica
    .day = Dia
    .time = Hora

## Botões e ligações

action =
    .see = Ver a consulta
    .choose = Escolher um novo horário
    .manage = Alterar ou cancelar a consulta
    .cancel = Cancelar a consulta
    .calendar = Adicionar ao calendário
    .map = Ver no mapa
    .call = Telefonar para a clínica

## Todas as mensagens

mail =
    .what = Consulta com { $doctor }
    .greeting = Estimado(a) { $name },
    .greeting-unnamed = Estimado(a) paciente,
    .reply-hint = Tem alguma pergunta? Basta responder a este e-mail: a sua resposta chega à clínica.
    .no-reply = Por favor, não responda a este e-mail.
    .why = Recebe este e-mail porque foi marcada uma consulta em seu nome.
    .unsubscribe = Deixar de receber lembretes por e-mail
    .closing = Com os melhores cumprimentos

## Uma secção por tipo de mensagem

appointment_created_email =
    .subject = Consulta confirmada: { $day }, { $time }, { $doctor }
    .preheader = A sua consulta com { $doctor } está confirmada. Este e-mail contém todas as informações.
    .title = Consulta confirmada
    .lead = A sua consulta está confirmada.
    .in-app = { $doctor }, { $when }
appointment_rescheduled_email =
    .subject = Consulta alterada: { $day }, { $time }, { $doctor }
    .preheader = A sua consulta com { $doctor } tem um novo horário.
    .title = Consulta alterada
    .lead = O horário da sua consulta foi alterado. Por favor, tome nota do novo horário.
    .in-app = Novo horário com { $doctor }: { $when }
appointment_cancelled_email =
    .subject = Consulta cancelada: { $day }, { $time }, { $doctor }
    .preheader = A sua consulta com { $doctor } não se realizará.
    .title = Consulta cancelada
    .lead = A sua consulta foi cancelada. Não precisa de fazer mais nada.
    .in-app = Cancelada: { $doctor }, { $when }
appointment_offer_email =
    .subject = É preciso um novo horário: { $day }, { $time }, { $doctor }
    .preheader = A sua consulta com { $doctor } não se pode realizar como previsto. Por favor, escolha um novo horário.
    .title = Por favor, escolha um novo horário
    .lead = A sua consulta não se pode realizar no horário marcado. Reservámos estes horários livres para si. Por favor, escolha um deles.
    .in-app = É preciso um novo horário: { $doctor }, { $when }
appointment_reminder =
    .subject = Lembrete: { $day }, { $time }, { $doctor }
    .preheader = A sua consulta com { $doctor } aproxima-se.
    .title = Lembrete de consulta
    .lead = Lembramos a sua consulta.
    .in-app = { $doctor }, { $when }

## Mensagem da clínica

clinic-message =
    .subject = Mensagem sobre a sua consulta: { $day }, { $time }
    .title = Mensagem da clínica

## Aviso na aplicação, depois da devolução de um e-mail

unreachable =
    .title = Não foi possível contactar por e-mail
    .in-app = Um e-mail enviado para { $address } foi devolvido. Por favor, verifique o endereço no seu perfil ou avise a clínica.

## Ficheiros de calendário

calendar =
    .summary = Consulta com { $doctor }
    .summary-cancelled = Cancelada: consulta com { $doctor }
    .clinic-time = Hora da clínica: { $when }
    .bring = A trazer: { $what }
    .manage = Alterar ou cancelar: { $link }

## Páginas das ligações

link =
    .title = A sua consulta
    .booked = A sua consulta está marcada.
    .will-come = Vou comparecer
    .thanks-title = Agradecemos
    .thanks = Agradecemos a sua resposta. Contamos com a sua presença.
    .move = Mudar a consulta
    .choose-day = Escolher um dia
    .choose-time = Escolher uma hora
    .free-times = { $count ->
        [0] Sem horários livres
        [one] { $count } horário livre
       *[other] { $count } horários livres
    }
    .earlier-days = Dias anteriores
    .later-days = Dias seguintes
    .no-slots = Não há horários livres neste dia. Por favor, escolha outro dia.
    .no-slots-at-all = De momento não há horários livres. Por favor, telefone para a clínica.
    .slot-taken = Este horário acabou de ser ocupado. Por favor, escolha outro.
    .slot-gone = Este horário já não está disponível. Por favor, escolha outro.
    .move-title = Mudar a consulta para este horário?
    .move-yes = Sim, mudar a consulta
    .moved-title = A sua consulta foi alterada
    .moved = Receberá um e-mail com o novo horário.
    .offer-title = Por favor, escolha um novo horário
    .offer = A sua consulta não se pode realizar no horário marcado. Reservámos estes horários livres para si.
    .offer-ended = A sua consulta não se pode realizar no horário marcado. Já não temos horários reservados para si. Por favor, escolha outro horário ou telefone para a clínica.
    .takes-place = A sua consulta realiza-se no horário marcado. Se lhe comunicámos outra coisa, isso já não se aplica.
    .other-time = Escolher outro horário
    .cancel = Cancelar a consulta
    .cancel-title = Cancelar esta consulta?
    .cancel-text = Outra pessoa poderá então ocupar este horário.
    .cancel-yes = Sim, cancelar a consulta
    .keep = Não, manter a consulta
    .cancelled-title = Esta consulta foi cancelada
    .cancelled = Não precisa de fazer mais nada.
    .begun-title = Esta consulta já começou
    .past-title = Esta consulta já passou
    .begun = Já não pode ser alterada aqui. Por favor, telefone para a clínica.
    .changed-title = A consulta foi alterada
    .changed = A consulta foi alterada desde que abriu esta página. Aqui está como se encontra agora. Por favor, escolha de novo.
    .invalid-title = Esta ligação não funciona
    .invalid = A ligação está incompleta ou expirou. Por favor, abra o e-mail mais recente sobre a sua consulta ou telefone para a clínica.
    .too-many-title = Demasiados pedidos
    .too-many = Por favor, aguarde alguns minutos e tente de novo.
    .refused-title = Não foi possível
    .refused = Nada foi alterado. Por favor, telefone para a clínica.
    .unavailable-title = Indisponível de momento
    .unavailable = Por favor, tente de novo dentro de alguns minutos. Nada foi alterado.
    .back = Voltar
    .download = Transferir o ficheiro de calendário

## Página da ligação que cancela os lembretes

unsubscribe =
    .title = Deixar de receber lembretes por e-mail?
    .text = Deixaremos de enviar e-mails a lembrar as suas consultas.
    .button = Deixar de receber lembretes por e-mail
    .still-title = Continuará a receber
    .still-booked = E-mails quando uma consulta é confirmada
    .still-changed = E-mails quando uma consulta é alterada ou cancelada
    .still-in-app = Lembretes na aplicação
    .done-title = Já não receberá lembretes por e-mail
    .back-title = Mudou de ideias?
    .back-text = Pode voltar a ativar os lembretes por e-mail em qualquer momento: aqui ou no seu perfil.
    .back-button = Voltar a ativar os lembretes por e-mail
    .on-title = Os lembretes por e-mail estão de novo ativos
    .on-text = Voltaremos a lembrar as suas consultas por e-mail.
    .unknown-title = Esta ligação não funciona
    .unknown-text = A ligação pode estar incompleta. Pode ativar ou desativar os lembretes por e-mail no seu perfil.

doctor-feed =
    .title = Consultas: { $doctor }
    .unnamed = Consulta

doctor_agenda_email =
    .subject = Consultas de hoje: { $day }, { $doctor }
    .title = As suas consultas: { $day }

doctor_notice_email =
    .booked = Nova consulta: { $day }, { $time }
    .booked-title = Foi marcada uma nova consulta.
    .moved = Consulta alterada: { $day }, { $time }
    .moved-title = Uma consulta foi alterada.
    .cancelled = Consulta cancelada: { $day }, { $time }
    .cancelled-title = Uma consulta foi cancelada.
    .client = Paciente
