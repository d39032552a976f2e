# vidi in a container: docker run -p 4000:80 -v vidi:/var/lib/vidi vidi
#   docker build .    builds everything from the sources, on any machine
#   make image        packs what `make package` has built on this one (TREE)
# Settings are VIDI_ variables (docs/reference/configuration.md); docs/how-to/run.md says more.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS package
ARG TREE=
WORKDIR /vidi
# What the build needs changes seldom: a layer of its own.
COPY scripts/setup.sh scripts/
COPY scripts/requirements scripts/requirements
RUN test -n "$TREE" || scripts/setup.sh serve
COPY . .
RUN if test -n "$TREE"; then mv "$TREE" /package; \
    else scripts/build.sh release vidi && scripts/package.sh release tree && mv build/package/tree /package; fi

FROM ${BASE}
# The authorities that S3 and Cassandra over TLS are checked against; the owner of what is kept.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && useradd --system --uid 10001 --home-dir /var/lib/vidi --shell /usr/sbin/nologin vidi \
 && install -d -o 10001 -g 10001 -m 700 /var/lib/vidi
COPY --from=package /package /usr

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="vidi" \
      org.opencontainers.image.description="Recognizes pictures and remembers what it saw" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

ENV VIDI_LISTEN=0.0.0.0:80 VIDI_DATA=/var/lib/vidi VIDI_MODELS=/usr/share/vidi/models
EXPOSE 80 8001
VOLUME /var/lib/vidi
WORKDIR /var/lib/vidi
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/bin/vidi", "health"]
ENTRYPOINT ["/usr/bin/vidi"]
CMD ["serve"]
