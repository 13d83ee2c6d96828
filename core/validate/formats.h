// The formats of single values, as Kubernetes (k8s.io/apimachinery/pkg/util/validation) and the
// Gateway API's CRDs define them. Each check returns what is wrong and what would be right, in
// words that follow the field's name; an empty string if the value is well formed.
//
// Required or not is the caller's matter: an empty value is a malformed one here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace limpet {

inline constexpr size_t kMaxDnsLabel = 63;
inline constexpr size_t kMaxDnsName = 253;

// RFC 1123: letters of lower case, digits and "-", alphanumeric at both ends.
std::string check_dns1123_label(std::string_view value);
std::string check_dns1123_subdomain(std::string_view value);  // labels joined by "."
// RFC 1035: as above, and a letter first. Names of Services.
std::string check_dns1035_label(std::string_view value);
// A name as an object of any kind may have it: anything that can stand between two slashes.
std::string check_path_segment_name(std::string_view value);

// A host name that is no IP address; its first label may be "*".
std::string check_wildcard_hostname(std::string_view value);

// "example.com/name" or "name": keys of labels and annotations.
std::string check_qualified_name(std::string_view value);
std::string check_label_value(std::string_view value);  // the empty one is well formed

// RFC 7230 token, of at most `max_size` characters: names of cookies (RFC 6265) and headers.
std::string check_token(std::string_view value, size_t max_size);

// Name of a port as a target: IANA service name (RFC 6335).
std::string check_port_name(std::string_view value);
std::string check_port(int64_t value);
std::string check_range(int64_t value, int64_t min, int64_t max);

enum class IpFamily { kV4, kV6 };
// In the usual text form, without a zone, IPv4 without leading zeros.
bool is_ip(std::string_view value, IpFamily family);
bool is_ip(std::string_view value);

std::string check_one_of(std::string_view value, std::initializer_list<std::string_view> allowed);
std::string check_max_size(std::string_view value, size_t max_size);

// "gateway.networking.k8s.io", or empty for the core group.
std::string check_group(std::string_view value);
// "HTTPRoute"
std::string check_kind_name(std::string_view value);

}  // namespace limpet
