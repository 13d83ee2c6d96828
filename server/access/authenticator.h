// From what a call brings to who calls.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <absl/status/statusor.h>

#include "core/base/secure_hash.h"
#include "runtime/certificate.h"
#include "runtime/tls.h"
#include "server/access/caller.h"
#include "server/access/tokens.h"

namespace limpet {

struct Credentials {
  std::string certificate_chain;  // PEM, the caller's own first; empty: none
  std::string authorization;      // the header; empty: none
};

// Thread-safe.
class Authenticator {
 public:
  // Without TLS everybody is believed. Without authorities no certificate is, and tokens alone are.
  // The tokens must outlive the authenticator.
  Authenticator(const TlsFiles& tls, const Tokens& tokens)
      : tokens_(tls.identity.empty() ? nullptr : &tokens), ca_(tls.ca) {}

  // Reads the authorities again if their file has changed. A file that cannot be read changes
  // nothing, and the error says so. To be called at the start, and now and then.
  absl::Status refresh();

  // A token counts before a certificate: who gives one wants to be that. UNAUTHENTICATED says what
  // is wrong, also when there is neither.
  absl::StatusOr<Caller> caller(const Credentials& credentials, int64_t now_unix_ms);

 private:
  struct Known {
    Caller caller;
    int64_t until_unix_s = 0;
  };
  // Certificates of which the signatures were verified lately, by the SHA-256 of their text.
  static constexpr size_t kMaxKnown = 20'000;

  absl::StatusOr<Caller> by_certificate(const std::string& pem, int64_t now_unix_ms);

  const Tokens* const tokens_ = nullptr;  // null: everybody is believed
  const std::filesystem::path ca_;
  std::mutex mutex_;
  // Guarded by it:
  std::string ca_pem_;
  std::shared_ptr<const Authorities> authorities_;
  std::map<Sha256, Known> known_;
};

}  // namespace limpet
