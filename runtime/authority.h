// A small certificate authority: enough for the certificates of one cluster. Keys are of the curve
// P-256; serial numbers are random.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "runtime/certificate.h"

namespace limpet {

struct Subject {
  std::string common_name;        // for people; nothing is decided by it
  std::vector<std::string> uris;  // what the certificate says (runtime/certificate.h)
  // Under which a server is reached: DNS names and IP addresses. Empty: it is a client's.
  std::vector<std::string> hosts;
};

struct Validity {
  int64_t from_unix_s = 0;
  int64_t to_unix_s = 0;
};

// Immutable.
class Authority {
 public:
  static absl::StatusOr<Authority> create(const std::string& name, const Validity& validity);
  // INVALID_ARGUMENT: not PEM, or the key is another certificate's.
  static absl::StatusOr<Authority> read(std::string_view certificate_pem,
                                        std::string_view key_pem);

  std::string certificate_pem() const;
  std::string key_pem() const;
  // A new key and its certificate, as one PEM text, the certificate first. The certificate does not
  // outlive the authority's.
  absl::StatusOr<std::string> issue(const Subject& subject, const Validity& validity) const;

 private:
  Authority(X509Ptr certificate, KeyPtr key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  X509Ptr certificate_;
  KeyPtr key_;
};

}  // namespace limpet
