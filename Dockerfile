# One image with limpet-server, limpet-proxy, gwctl and limpet-echo:
#   docker build -t limpet .
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY proto proto
COPY core core
COPY runtime runtime
COPY storage storage
COPY manifest manifest
COPY bench bench
COPY server server
COPY proxy proxy
COPY cli cli
COPY examples/echo examples/echo
COPY docs/openapi.yaml docs/openapi.yaml
RUN cmake --preset release -DLIMPET_TESTS=OFF \
 && cmake --build --preset release --target limpet-server limpet-proxy gwctl limpet-echo \
 && strip build/release/bin/*

FROM debian:bookworm-slim
# The shared libraries of the four programs; curl for health checks and the demonstration.
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libgrpc++1.51 libprotobuf32 libre2-9 libspdlog1.10 libfmt9 libsqlite3-0 libssl3 \
      libyaml-cpp0.7 libc-ares2 curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 7700 --create-home --home-dir /var/lib/limpet limpet \
 && install -d -o limpet -g limpet /var/lib/limpet/data
COPY --from=build /src/build/release/bin/ /usr/local/bin/
COPY --from=build /src/build/release/man/ /usr/local/share/man/
COPY examples /usr/share/limpet/examples
COPY scripts/demonstration /usr/share/limpet/scripts/demonstration
USER limpet
WORKDIR /var/lib/limpet
ENV LIMPET_DATA_DIR=/var/lib/limpet/data
EXPOSE 7700 7701 7800
CMD ["limpet-server"]
