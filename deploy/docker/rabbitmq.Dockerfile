# RabbitMQ 4.2, the last that can run the delayed-message plugin, with that plugin. The project was archived in January
# 2026; its release file is fetched by this build and must have the checksum that is set here.
FROM alpine:3.22 AS plugin
ARG DELAYED_PLUGIN_VERSION=4.2.0
ARG DELAYED_PLUGIN_SHA256=f168b2c09810cde3726961d31f38e3408e6a7fbff3929908d6f962061d8e70a1
WORKDIR /plugin
SHELL ["/bin/ash", "-o", "pipefail", "-c"]
RUN file="rabbitmq_delayed_message_exchange-${DELAYED_PLUGIN_VERSION}.ez" \
    && wget -q "https://github.com/rabbitmq/rabbitmq-delayed-message-exchange/releases/download/v${DELAYED_PLUGIN_VERSION}/${file}" \
    && echo "${DELAYED_PLUGIN_SHA256}  ${file}" | sha256sum -c -

FROM rabbitmq:4.2.9-management
COPY --from=plugin --chmod=0644 /plugin/ /opt/rabbitmq/plugins/
RUN rabbitmq-plugins enable --offline rabbitmq_delayed_message_exchange rabbitmq_management rabbitmq_prometheus
