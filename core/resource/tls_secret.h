// Secrets as TLS uses them: what of a Secret is needed, and whether it is of use.
//
// A value is read where it is base64, as manifests and nodes have it. The server stores it sealed,
// and shows it masked: then it is there, and that is all that is known.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/resource/condition.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// What somebody needs of a Secret.
struct SecretItems {
  bool identity = false;     // tls.crt and tls.key
  bool authorities = false;  // ca.crt

  bool none() const { return !identity && !authorities; }
  friend auto operator<=>(const SecretItems&, const SecretItems&) = default;
};

// The Secret with these items alone: its name, namespace and type, and their values.
v1::Secret secret_with(const v1::Secret& secret, SecretItems items);

bool has_item(const v1::Secret& secret, std::string_view item);
// Nothing when there is none, or it is not to be read here.
std::optional<std::string> value_of(const v1::Secret& secret, std::string_view item);

// What is wrong with an item's value. Nothing of the value is in the message.
struct ItemProblem {
  std::string_view item;
  std::string message;  // "must be ..."
};

// Of what can be read of tls.crt and tls.key: certificates and a key that TLS takes, and that
// belong together.
std::vector<ItemProblem> check_identity(const std::optional<std::string>& chain,
                                        const std::optional<std::string>& key);
// Of ca.crt.
std::vector<ItemProblem> check_authorities(const std::string& pem);

// The same of the Secret's values, of the items that are asked for; also that they are there.
std::vector<ItemProblem> check_items(const v1::Secret& secret, SecretItems items);

// Of all that can be read of a Secret: tls.crt and tls.key where its type is kubernetes.io/tls, and
// ca.crt whatever its type is.
std::vector<ItemProblem> check_known_items(const v1::Secret& secret);

// "data[tls.crt]"
std::string item_field(std::string_view item);

// When the certificate of a chain in PEM, the first of it, ends to be valid; nothing when it cannot
// be read.
std::optional<int64_t> not_after_unix_s(std::string_view chain);

// The condition CertificateValid of such a chain, at a time; nothing when it cannot be read, or the
// time (0) is not known. Reasons: Valid, ExpiresSoon (both True), Expired, NotYetValid.
inline constexpr std::string_view kCertificateValid = "CertificateValid";
inline constexpr int64_t kExpiresSoonS = 21 * 24 * 3600;
std::optional<Verdict> judge_validity(std::string_view chain, int64_t now_unix_s);

}  // namespace limpet
