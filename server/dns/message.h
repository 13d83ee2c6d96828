// Reads the answer to a question for addresses (RFC 1035, 4; AAAA: RFC 3596).
#pragma once

#include <string_view>

#include "server/dns/answer.h"

namespace limpet {

// `message` is what came from the resolver, whatever that is. It answers the question only when it
// repeats it, name and type; addresses count only at the name or at the end of its aliases (CNAME),
// and those that no endpoint can have (0.0.0.0, multicast, link-local IPv6, ...) not at all. The id
// has been compared by whoever received it.
DnsAnswer read_dns_answer(std::string_view message, std::string_view name, DnsFamily family);

}  // namespace limpet
