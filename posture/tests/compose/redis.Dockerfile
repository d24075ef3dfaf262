# Stands in for the official Redis image where no registry can be reached: the same contract, from Debian's packages.
FROM debian:bookworm-slim
RUN groupadd --gid 999 redis \
    && useradd --uid 999 --gid 999 --home-dir /data redis \
    && apt-get -o Acquire::Retries=3 update \
    && apt-get -o Acquire::Retries=3 install --yes --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o redis -g redis -m 0700 /data \
    && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
    && find / -xdev -perm /2000 -type d -exec chmod g-s {} +
USER 999:999
VOLUME /data
WORKDIR /data
HEALTHCHECK CMD ["redis-cli", "ping"]
CMD ["redis-server"]
