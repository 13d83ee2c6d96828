// gRPC's credentials from files that are read again when they change: new connections use what is
// new, and connections that are there go on.
#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include "runtime/tls.h"

namespace limpet {

// How long a changed file goes unnoticed.
inline constexpr unsigned kTlsRefreshSeconds = 1;

// Asks the client for a certificate and takes every one, and none: who the client is, and whether
// that is believed, is decided for each call, where the answer can say why not.
// Requires: `files.identity` is not empty, and check_tls_files() has passed.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const TlsFiles& files);

// Believes the server by `files.ca` and its name in the certificate (which may be an IP address).
// Plain text without files. Requires: otherwise there is a `files.ca`.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const TlsFiles& files);

}  // namespace limpet
