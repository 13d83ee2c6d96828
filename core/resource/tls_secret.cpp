#include "core/resource/tls_secret.h"

#include <algorithm>
#include <utility>

#include <absl/strings/escaping.h>

#include "core/base/text.h"
#include "core/resource/certificate.h"
#include "core/resource/secret.h"

namespace limpet {
namespace {

void keep_item(const v1::Secret& secret, std::string_view item, v1::Secret& kept) {
  const auto found = secret.data().find(std::string(item));
  if (found != secret.data().end()) (*kept.mutable_data())[found->first] = found->second;
}

// What the certificate is for: "; for a.example, b.example and 3 more".
std::string names_text(const X509& certificate) {
  constexpr size_t kShown = 3;
  std::vector<std::string> names = dns_names_of(certificate);
  if (names.empty()) return {};
  const size_t all = names.size();
  names.resize(std::min(all, kShown));
  return str_cat("; for ", join(names, ", "),
                 all > kShown ? str_cat(" and ", all - kShown, " more") : "");
}

}  // namespace

v1::Secret secret_with(const v1::Secret& secret, SecretItems items) {
  v1::Secret kept;
  kept.mutable_metadata()->set_name(secret.metadata().name());
  kept.mutable_metadata()->set_namespace_(secret.metadata().namespace_());
  kept.set_type(secret.type());
  if (items.identity) {
    keep_item(secret, kTlsCertificateItem, kept);
    keep_item(secret, kTlsKeyItem, kept);
  }
  if (items.authorities) keep_item(secret, kTlsAuthoritiesItem, kept);
  return kept;
}

bool has_item(const v1::Secret& secret, std::string_view item) {
  const std::string name(item);
  return secret.data().contains(name) || secret.string_data().contains(name);
}

std::optional<std::string> value_of(const v1::Secret& secret, std::string_view item) {
  const std::string name(item);
  if (const auto text = secret.string_data().find(name); text != secret.string_data().end()) {
    if (text->second == kSecretMask) return std::nullopt;
    return text->second;
  }
  const auto found = secret.data().find(name);
  if (found == secret.data().end() || found->second == kSecretMask ||
      found->second.starts_with(kSealedPrefix)) {
    return std::nullopt;
  }
  std::string value;
  if (!absl::Base64Unescape(found->second, &value)) return std::nullopt;
  return value;
}

std::vector<ItemProblem> check_identity(const std::optional<std::string>& chain,
                                        const std::optional<std::string>& key) {
  std::vector<ItemProblem> problems;
  std::vector<X509Ptr> certificates;
  if (chain) {
    if (auto read = read_certificates(*chain); read.ok()) {
      certificates = *std::move(read);
      std::string weak = check_chain(certificates);
      if (!weak.empty()) problems.push_back({kTlsCertificateItem, std::move(weak)});
    } else {
      problems.push_back(
          {kTlsCertificateItem, "must be certificates in PEM, the server's own first"});
    }
  }
  if (!key) return problems;
  const absl::StatusOr<KeyPtr> private_key = read_private_key(*key);
  if (!private_key.ok()) {
    problems.push_back({kTlsKeyItem, "must be a private key in PEM, without a passphrase"});
    return problems;
  }
  if (std::string weak = check_private_key(**private_key); !weak.empty()) {
    problems.push_back({kTlsKeyItem, std::move(weak)});
  }
  if (!certificates.empty() && !fits(*certificates.front(), **private_key)) {
    problems.push_back({kTlsKeyItem, "must be the key of the first certificate of tls.crt"});
  }
  return problems;
}

std::vector<ItemProblem> check_authorities(const std::string& pem) {
  if (read_certificates(pem).ok()) return {};
  return {{kTlsAuthoritiesItem, "must be certificates of authorities in PEM"}};
}

std::vector<ItemProblem> check_items(const v1::Secret& secret, SecretItems items) {
  std::vector<ItemProblem> problems;
  const auto require = [&](std::string_view item) {
    if (!has_item(secret, item)) problems.push_back({item, "is missing"});
  };
  const auto add = [&](std::vector<ItemProblem> found) {
    problems.insert(problems.end(), found.begin(), found.end());
  };
  if (items.authorities) {
    require(kTlsAuthoritiesItem);
    if (const auto pem = value_of(secret, kTlsAuthoritiesItem)) add(check_authorities(*pem));
  }
  if (items.identity) {
    require(kTlsCertificateItem);
    require(kTlsKeyItem);
    add(check_identity(value_of(secret, kTlsCertificateItem), value_of(secret, kTlsKeyItem)));
  }
  return problems;
}

std::vector<ItemProblem> check_known_items(const v1::Secret& secret) {
  std::vector<ItemProblem> problems;
  if (const auto pem = value_of(secret, kTlsAuthoritiesItem)) problems = check_authorities(*pem);
  if (secret.type() != kTlsSecretType) return problems;
  for (ItemProblem& problem :
       check_identity(value_of(secret, kTlsCertificateItem), value_of(secret, kTlsKeyItem))) {
    problems.push_back(std::move(problem));
  }
  return problems;
}

std::string item_field(std::string_view item) { return str_cat("data[", item, "]"); }

std::optional<int64_t> not_after_unix_s(std::string_view chain) {
  const auto certificates = read_certificates(chain);
  if (!certificates.ok()) return std::nullopt;
  return not_after_unix_s(*certificates->front());
}

std::optional<Verdict> judge_validity(std::string_view chain, int64_t now_unix_s) {
  const auto certificates = read_certificates(chain);
  if (now_unix_s == 0 || !certificates.ok()) return std::nullopt;
  const X509& own = *certificates->front();
  const std::string names = names_text(own);
  const int64_t begin = not_before_unix_s(own);
  const int64_t end = not_after_unix_s(own);
  if (now_unix_s > end) {
    return Verdict{kFalse, "Expired", str_cat("expired at ", utc_text(end), names)};
  }
  if (now_unix_s < begin) {
    return Verdict{kFalse, "NotYetValid", str_cat("is not valid before ", utc_text(begin), names)};
  }
  if (end - now_unix_s > kExpiresSoonS) {
    return Verdict{kTrue, "Valid", str_cat("until ", utc_text(end), names)};
  }
  constexpr int64_t kDayS = 24 * 3600;
  const int64_t days = (end - now_unix_s) / kDayS;
  return Verdict{kTrue, "ExpiresSoon",
                 str_cat("expires at ", utc_text(end), ", in ", days, " days", names)};
}

}  // namespace limpet
