# The stand-in for the cloud, for compose.yaml alone.
ARG DEBIAN=debian:trixie-slim
FROM $DEBIAN AS build
WORKDIR /src
COPY deploy/install-dependencies.sh deploy/
RUN deploy/install-dependencies.sh \
 && apt-get install --yes --quiet --no-install-recommends ca-certificates
COPY . .
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
 && cmake --build /build --target modelarts_simulator \
 && deploy/image-root.sh /build/modelarts_simulator /image

FROM scratch
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/modelarts_simulator"]
CMD ["--listen=0.0.0.0:8080"]
