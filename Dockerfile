# Posture's own images: "app" (web, worker, beat) and "front" (TLS). Built on Debian alone.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get -o Acquire::Retries=3 update \
    && apt-get -o Acquire::Retries=3 install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /tmp/requirements.txt
RUN python3 -m venv /opt/posture \
    && /opt/posture/bin/pip install --no-cache-dir --requirement /tmp/requirements.txt
COPY . /srv/posture
WORKDIR /srv/posture
ENV PYTHONDONTWRITEBYTECODE=1
# Settings want a key; this one lives in this stage only.
RUN head -c 32 /dev/urandom | base64 > /tmp/key \
    && export POSTURE_SECRET_KEY_FILE=/tmp/key \
    && /opt/posture/bin/python -c "from posture.launch.translations import compile_translations; compile_translations()" \
    && /opt/posture/bin/python agents/build.py --output /srv/posture/posture-agent.pyz \
    && /opt/posture/bin/python manage.py collectstatic --no-input \
    && /opt/posture/bin/python -m compileall -q posture agents

FROM ${BASE} AS app
# No setuid or setgid program stays: nothing in here needs one.
RUN apt-get -o Acquire::Retries=3 update \
    && apt-get -o Acquire::Retries=3 install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
    && useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin posture
COPY --from=build /opt/posture /opt/posture
COPY --from=build /srv/posture /srv/posture
WORKDIR /srv/posture
ENV PATH=/opt/posture/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    POSTURE_AGENT_FILE=/srv/posture/posture-agent.pyz POSTURE_BEHIND_PROXY=yes POSTURE_BIND=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python3", "-m", "posture.deploy.health", "web"]
CMD ["python3", "-m", "posture.deploy.serve"]

FROM ${BASE} AS front
RUN apt-get -o Acquire::Retries=3 update \
    && apt-get -o Acquire::Retries=3 install --yes --no-install-recommends nginx-light curl ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
    && useradd --uid 10002 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin front
COPY posture/deploy/nginx.conf /etc/nginx/nginx.conf
USER 10002:10002
EXPOSE 8443
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["curl", "--silent", "--fail", "--insecure", "--output", "/dev/null", "https://127.0.0.1:8443/front-health"]
CMD ["nginx", "-g", "daemon off;"]
