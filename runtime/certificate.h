// X.509 certificates as Limpet uses them to tell who somebody is. What a certificate says is in
// the URIs among its subject alternative names:
//
//   limpet:node:ID             a node; it reports as ID and as nobody else
//   limpet:gateway:NS/NAME     which Gateways the node may serve; without one, all
//   limpet:user:NAME           a person, or a program
//   limpet:role:ROLE[@NS]      what that one may do: viewer, editor or admin, everywhere or in NS
//   limpet:server              the management server
//
// Source: RFC 5280, section 4.2.1.6.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <openssl/x509.h>

#include "core/resource/certificate.h"

namespace limpet {

// Those whom certificates are believed from. Immutable, thread-safe.
class Authorities {
 public:
  // A bundle: while authorities change, it has the old and the new one.
  static absl::StatusOr<Authorities> read(std::string_view pem);

  // UNAUTHENTICATED says why not: expired and since when, not valid yet, of an unknown authority,
  // not for this use. `chain`: the certificate first, then those between it and an authority.
  absl::Status verify(const std::vector<X509Ptr>& chain, int64_t now_unix_s) const;

 private:
  using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
  explicit Authorities(StorePtr store) : store_(std::move(store)) {}

  StorePtr store_;
};

}  // namespace limpet
