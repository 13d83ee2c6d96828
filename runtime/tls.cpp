#include "runtime/tls.h"

#include <absl/status/statusor.h>

#include "core/base/text.h"
#include "runtime/certificate.h"
#include "runtime/data_dir.h"

namespace limpet {
namespace {

constexpr uint64_t kMaxPemBytes = 1024 * 1024;

absl::Status about(const std::string& file, const absl::Status& status) {
  return absl::Status(status.code(), str_cat(file, " ", std_view(status.message())));
}

absl::Status check_identity(const std::string& path) {
  const absl::StatusOr<std::string> pem = read_file(path, kMaxPemBytes);
  if (!pem.ok()) return pem.status();
  const auto certificates = read_certificates(*pem);
  if (!certificates.ok()) return about(path, certificates.status());
  const absl::StatusOr<KeyPtr> key = read_private_key(*pem);
  if (!key.ok()) return about(path, key.status());
  const X509Ptr& own = certificates->front();
  if (X509_check_private_key(own.get(), key->get()) != 1) {
    openssl_error();
    return absl::InvalidArgumentError(
        str_cat(path, " has a private key that is not of its first certificate"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_tls_files(const TlsFiles& files) {
  if (files.empty()) return absl::OkStatus();
  if (!files.identity.empty()) {
    if (absl::Status s = check_identity(files.identity); !s.ok()) return s;
  }
  if (files.ca.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> pem = read_file(files.ca, kMaxPemBytes);
  if (!pem.ok()) return pem.status();
  const absl::StatusOr<Authorities> authorities = Authorities::read(*pem);
  return authorities.ok() ? absl::OkStatus() : about(files.ca, authorities.status());
}

std::string expiry_warning(const TlsFiles& files, int64_t now_unix_s) {
  constexpr int64_t kSoonS = 7 * 24 * 3600;
  const absl::StatusOr<std::string> pem = read_file(files.identity, kMaxPemBytes);
  if (files.identity.empty() || !pem.ok()) return {};
  const auto certificates = read_certificates(*pem);
  if (!certificates.ok()) return {};
  const int64_t end = not_after_unix_s(*certificates->front());
  if (end >= now_unix_s + kSoonS) return {};
  return str_cat("the certificate of ", files.identity,
                 end < now_unix_s ? " has expired at " : " expires at ", utc_text(end));
}

}  // namespace limpet
