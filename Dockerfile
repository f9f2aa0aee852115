# The exporter as an image:
#
#   docker build --build-arg VERSION=$(deploy/release.sh version) \
#     --build-arg REVISION=$(git rev-parse HEAD) -t modelarts_exporter .
#
# For another processor, or several: --platform linux/amd64,linux/arm64. Nothing is
# emulated: the build runs on your own processor, and builds for the other one.
#
# The image writes nothing: run it with a read-only root, without capabilities.
# deploy/README.md has the commands.

# The Debian of it all. To build what was built before, name it by its digest
# (debian@sha256:...), which `docker buildx imagetools inspect debian:trixie-slim` tells.
ARG DEBIAN=debian:trixie-slim

FROM --platform=$BUILDPLATFORM $DEBIAN AS build
ARG TARGETARCH
WORKDIR /src
COPY deploy/install-dependencies.sh deploy/
RUN deploy/install-dependencies.sh --arch "$TARGETARCH" \
 && apt-get install --yes --quiet --no-install-recommends ca-certificates
COPY . .
# Shown by --version; in the label below too.
ARG REVISION=unknown
RUN cmake -S . -B /build -G Ninja --toolchain "deploy/toolchains/$TARGETARCH.cmake" \
      -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DEXPORTER_REVISION="$REVISION" \
 && cmake --build /build --target modelarts_exporter \
 && deploy/image-root.sh /build/modelarts_exporter /image \
 && install -D --mode=644 LICENSE /image/usr/share/doc/modelarts_exporter/copyright

FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="modelarts_exporter" \
      org.opencontainers.image.description="Prometheus exporter for ModelArts dataset sync tasks" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 10877
STOPSIGNAL SIGTERM
# Who gives the command --web.listen-address or --web.config.file gives them to
# this as well.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["/usr/bin/modelarts_exporter", "--health.check"]
ENTRYPOINT ["/usr/bin/modelarts_exporter"]
CMD ["--config.file=/etc/modelarts_exporter/modelarts_exporter.yml"]
