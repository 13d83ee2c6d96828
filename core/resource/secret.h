// What is particular to Secrets: their values are shown to nobody (docs/secrets.md).
#pragma once

#include <string_view>

#include "limpet/v1/resource.pb.h"

namespace limpet {

inline constexpr std::string_view kSecretKind = "Secret";
inline constexpr std::string_view kTlsSecretType = "kubernetes.io/tls";
inline constexpr std::string_view kTlsCertificateItem = "tls.crt";
inline constexpr std::string_view kTlsKeyItem = "tls.key";
inline constexpr std::string_view kTlsAuthoritiesItem = "ca.crt";

// With this a value begins where it is stored sealed (server/secret_keys.h). It is no base64.
inline constexpr std::string_view kSealedPrefix = "sealed:";

// Stands for a value: for any where one is shown, for the stored one in an apply. No value is
// written so: it is no base64.
inline constexpr std::string_view kSecretMask = "***";

// Here kubectl keeps the whole manifest, values and all.
inline constexpr std::string_view kLastAppliedAnnotation =
    "kubectl.kubernetes.io/last-applied-configuration";

// The Secret as it may be shown: every value is the mask, and no annotation has them.
void mask_values(v1::Secret& secret);

// In the two sides of a difference: of a value that is not the same in both.
inline constexpr std::string_view kMaskBefore = "*** (before)";
inline constexpr std::string_view kMaskAfter = "*** (after)";

}  // namespace limpet
