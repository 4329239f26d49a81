# syntax=docker/dockerfile:1
#
# docker build -t pushmux .        see docs/deploy.md
#
# Base images are named by tag here; pin them by digest when a release is built (docs/deploy.md).

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin pushmux \
    && cp target/release/pushmux /usr/local/bin/pushmux \
    && mkdir --mode=0700 /data

# glibc and certificate authorities, and nothing else: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="pushmux" \
      org.opencontainers.image.description="A vendor push-channel multiplexer" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"
COPY --from=build /usr/local/bin/pushmux /usr/bin/pushmux
# The one place that is written to.
COPY --from=build --chown=65532:65532 /data /var/lib/pushmux
ENV PUSHMUX_CONFIG=/etc/pushmux/pushmux.toml \
    PUSHMUX_LOG_JSON=true
USER 65532:65532
VOLUME ["/var/lib/pushmux"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/bin/pushmux", "health"]
ENTRYPOINT ["/usr/bin/pushmux"]
CMD ["serve"]
