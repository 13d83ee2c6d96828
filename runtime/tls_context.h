// TLS for Asio's servers, with an identity that is read again when its file changes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <boost/asio/ssl/context.hpp>

namespace limpet {

// One thread.
class TlsContext {
 public:
  // `identity`: as TlsFiles has it.
  explicit TlsContext(std::filesystem::path identity) : identity_(std::move(identity)) {}

  // Reads the identity again if its file has changed: at the start, and now and then. A file that
  // cannot be used changes nothing, and the error says so.
  absl::Status refresh();

  // For a new connection; it keeps the context. Asks for a certificate and takes every one, and
  // none (runtime/tls_grpc.h). Null before the first refresh().
  std::shared_ptr<boost::asio::ssl::context> get() const { return context_; }

 private:
  const std::filesystem::path identity_;
  std::string pem_;
  std::shared_ptr<boost::asio::ssl::context> context_;
};

// What the other side of a connection has shown, its own first, as PEM; empty: nothing.
std::string peer_chain(SSL* connection);

}  // namespace limpet
