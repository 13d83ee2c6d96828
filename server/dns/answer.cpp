#include "server/dns/answer.h"

#include <algorithm>

#include "core/base/text.h"

namespace limpet {
namespace {

using Kind = DnsAnswer::Kind;

std::vector<std::string> merge_family(const std::vector<std::string>& last,
                                      const DnsAnswer& answer) {
  switch (answer.kind) {
    case Kind::kAddresses:
      return answer.addresses;
    case Kind::kNone:
      return {};
    case Kind::kFailed:
      return last;
  }
  return last;
}

std::string counted(size_t addresses) {
  return str_cat(addresses, addresses == 1 ? " address" : " addresses");
}

Verdict bad_verdict(std::string_view name, size_t kept, const DnsRound& round) {
  const bool failed = round.v4.kind == Kind::kFailed || round.v6.kind == Kind::kFailed;
  const DnsAnswer& told =
      round.v4.kind == Kind::kFailed || round.v6.kind != Kind::kFailed ? round.v4 : round.v6;
  std::string text = str_cat(name, ": ", told.problem);
  if (kept != 0) text += str_cat("; the last ", counted(kept), " stay");
  return {kFalse, failed ? "LookupFailed" : "NoAddresses", std::move(text)};
}

}  // namespace

DnsResult merge_answers(std::string_view name, const DnsAddresses& last, const DnsRound& round) {
  DnsResult result;
  for (const DnsAnswer* answer : {&round.v4, &round.v6}) {
    if (answer->kind != Kind::kAddresses) continue;
    result.ttl_ms = result.good ? std::min(result.ttl_ms, answer->ttl_ms) : answer->ttl_ms;
    result.good = true;
  }
  if (!result.good) {
    result.addresses = last;
    result.verdict = bad_verdict(name, last.size(), round);
    return result;
  }
  result.addresses = {merge_family(last.v4, round.v4), merge_family(last.v6, round.v6)};
  result.verdict = {kTrue, "Resolved", str_cat(name, ": ", counted(result.addresses.size()))};
  return result;
}

}  // namespace limpet
