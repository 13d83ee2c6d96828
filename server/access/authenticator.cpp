#include "server/access/authenticator.h"

#include <algorithm>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/strip.h>

#include "core/base/text.h"
#include "runtime/data_dir.h"

namespace limpet {
namespace {

constexpr uint64_t kMaxPemBytes = 1024 * 1024;
constexpr size_t kMaxChainBytes = 32 * 1024;
// Then the chain is verified again: an authority in it may have expired.
constexpr int64_t kKnownForSeconds = 60;

absl::StatusOr<TokenText> token_of(const std::string& authorization) {
  // RFC 6750, section 2.1; RFC 9110, section 11.1: the scheme's letters may be of either case.
  constexpr std::string_view kScheme = "Bearer ";
  std::optional<TokenText> token;
  if (absl::StartsWithIgnoreCase(authorization, absl_view(kScheme))) {
    token = parse_token(std::string_view(authorization).substr(kScheme.size()));
  }
  if (token) return *std::move(token);
  return absl::UnauthenticatedError("the authorization is not \"Bearer lmp_...\"");
}

}  // namespace

absl::Status Authenticator::refresh() {
  if (ca_.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> pem = read_file(ca_, kMaxPemBytes);
  if (!pem.ok()) return pem.status();
  {
    const std::lock_guard lock(mutex_);
    if (*pem == ca_pem_) return absl::OkStatus();
  }
  absl::StatusOr<Authorities> read = Authorities::read(*pem);
  if (!read.ok()) {
    return absl::Status(read.status().code(),
                        str_cat(ca_.string(), " ", std_view(read.status().message())));
  }
  const std::lock_guard lock(mutex_);
  ca_pem_ = *std::move(pem);
  authorities_ = std::make_shared<const Authorities>(*std::move(read));
  known_.clear();
  return absl::OkStatus();
}

absl::StatusOr<Caller> Authenticator::caller(const Credentials& credentials,
                                             int64_t now_unix_ms) {
  if (tokens_ == nullptr) return trusted_caller();
  if (!credentials.authorization.empty()) {
    const absl::StatusOr<TokenText> token = token_of(credentials.authorization);
    return token.ok() ? tokens_->caller_of(*token, now_unix_ms) : token.status();
  }
  if (!credentials.certificate_chain.empty()) {
    return by_certificate(credentials.certificate_chain, now_unix_ms);
  }
  return absl::UnauthenticatedError("neither a certificate nor a token was given");
}

absl::StatusOr<Caller> Authenticator::by_certificate(const std::string& pem,
                                                     int64_t now_unix_ms) {
  const int64_t now_unix_s = now_unix_ms / 1000;
  if (pem.size() > kMaxChainBytes) return absl::UnauthenticatedError("the certificate is too long");
  const Sha256 name = sha256_of_parts({pem});
  std::shared_ptr<const Authorities> authorities;
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(name);
    if (found != known_.end() && now_unix_s <= found->second.until_unix_s) {
      return found->second.caller;
    }
    authorities = authorities_;
  }
  if (authorities == nullptr) {
    return absl::UnauthenticatedError("certificates are not believed here; give a token");
  }
  const absl::StatusOr<std::vector<X509Ptr>> chain = read_certificates(pem);
  if (!chain.ok()) return absl::UnauthenticatedError("the certificate cannot be read");
  if (absl::Status valid = authorities->verify(*chain, now_unix_s); !valid.ok()) return valid;
  absl::StatusOr<Caller> caller = caller_of(uris_of(*chain->front()));
  if (!caller.ok()) return caller;
  const std::lock_guard lock(mutex_);
  // Another set of authorities by now: the next call decides by that.
  if (authorities != authorities_) return caller;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_[name] = Known{
      *caller, std::min(not_after_unix_s(*chain->front()), now_unix_s + kKnownForSeconds)};
  return caller;
}

}  // namespace limpet
