#include "server/dns/message.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <absl/strings/ascii.h>
#include <arpa/inet.h>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr uint16_t kTypeA = 1;
constexpr uint16_t kTypeCname = 5;
constexpr uint16_t kTypeAaaa = 28;
constexpr uint16_t kClassInternet = 1;
// Flags: QR, and in its lower byte the RCODE.
constexpr uint16_t kIsResponse = 0x8000;
constexpr uint16_t kTruncated = 0x0200;
constexpr uint16_t kRcodeMask = 0x000F;
constexpr uint16_t kNoSuchName = 3;
// Limits on what a message may ask of its reader.
constexpr int kMaxPointers = 32;  // in one name
constexpr int kMaxAliases = 16;   // from the name to its addresses
constexpr size_t kMaxNameBytes = 255;

uint16_t type_of(DnsFamily family) { return family == DnsFamily::kV4 ? kTypeA : kTypeAaaa; }

struct Record {
  std::string name;
  uint16_t type = 0;
  uint16_t clazz = 0;
  uint32_t ttl_s = 0;
  size_t data_at = 0;  // in the message
  size_t data_size = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view message) : message_(message) {}

  std::optional<uint16_t> u16() {
    if (message_.size() - at_ < 2) return std::nullopt;
    const auto high = static_cast<unsigned char>(message_[at_]);
    const auto low = static_cast<unsigned char>(message_[at_ + 1]);
    at_ += 2;
    return static_cast<uint16_t>(high << 8U | low);
  }

  // In lower case, its labels joined by dots. Labels with a dot, a space and the like inside are
  // not those of any name that we ask for.
  std::optional<std::string> name() {
    std::optional<std::string> name = name_at(at_, &at_);
    return name;
  }

  std::optional<std::string> name_at(size_t at, size_t* after = nullptr) const {
    std::string name;
    for (int pointers = 0; at < message_.size();) {
      const auto size = static_cast<unsigned char>(message_[at++]);
      if (size == 0) {
        if (after != nullptr && pointers == 0) *after = at;
        return name;
      }
      if (size >= 0xC0) {
        if (at >= message_.size() || ++pointers > kMaxPointers) return std::nullopt;
        const size_t target = (size & 0x3FU) << 8U | static_cast<unsigned char>(message_[at]);
        if (after != nullptr && pointers == 1) *after = at + 1;
        at = target;
        continue;
      }
      if (size >= 0x40 || message_.size() - at < size) return std::nullopt;
      if (name.size() + size + 1 > kMaxNameBytes) return std::nullopt;
      if (!name.empty()) name += '.';
      for (const char c : message_.substr(at, size)) {
        if (c == '.' || !absl::ascii_isgraph(static_cast<unsigned char>(c))) return std::nullopt;
        name += absl::ascii_tolower(static_cast<unsigned char>(c));
      }
      at += size;
    }
    return std::nullopt;
  }

  std::optional<Record> record() {
    Record record;
    auto owner = name();
    if (!owner) return std::nullopt;
    const auto type = u16(), clazz = u16(), ttl_high = u16(), ttl_low = u16(), size = u16();
    if (!size || message_.size() - at_ < *size) return std::nullopt;
    record.name = *std::move(owner);
    record.type = *type;
    record.clazz = *clazz;
    record.ttl_s = static_cast<uint32_t>(*ttl_high) << 16U | *ttl_low;
    // RFC 2181, 8: with the highest bit it counts as 0.
    if (record.ttl_s > 0x7FFFFFFF) record.ttl_s = 0;
    record.data_at = at_;
    record.data_size = *size;
    at_ += *size;
    return record;
  }

  std::string_view data(const Record& record) const {
    return message_.substr(record.data_at, record.data_size);
  }

 private:
  std::string_view message_;
  size_t at_ = 0;
};

// Nothing for an address that no endpoint can have.
std::optional<std::string> address_text(std::string_view data, DnsFamily family) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(data[i]); };
  char text[INET6_ADDRSTRLEN] = {};
  if (family == DnsFamily::kV4) {
    // This network (0/8), multicast (224/4), reserved and broadcast (240/4).
    if (data.size() != sizeof(in_addr) || byte(0) == 0 || byte(0) >= 224) return std::nullopt;
    return inet_ntop(AF_INET, data.data(), text, sizeof(text));
  }
  if (data.size() != sizeof(in6_addr)) return std::nullopt;
  in6_addr address;
  std::copy(data.begin(), data.end(), reinterpret_cast<char*>(&address));
  if (IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_MULTICAST(&address) ||
      IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_V4MAPPED(&address)) {
    return std::nullopt;
  }
  return inet_ntop(AF_INET6, data.data(), text, sizeof(text));
}

DnsAnswer failed(std::string_view problem) {
  return {DnsAnswer::Kind::kFailed, {}, 0, std::string(problem)};
}

// The answer section, once the rest of the message has been found right.
class Answers {
 public:
  Answers(Reader& reader, DnsFamily family) : reader_(reader), family_(family) {}

  bool read(int count) {
    for (int i = 0; i < count; ++i) {
      const std::optional<Record> record = reader_.record();
      if (!record) return false;
      if (record->clazz != kClassInternet) continue;
      if (record->type == kTypeCname) {
        auto target = reader_.name_at(record->data_at);
        if (!target) return false;
        aliases_.emplace(record->name, Alias{*std::move(target), record->ttl_s});
      } else if (record->type == type_of(family_)) {
        auto address = address_text(reader_.data(*record), family_);
        if (address) found_[record->name].push_back({*std::move(address), record->ttl_s});
      }
    }
    return true;
  }

  // The addresses at the end of the name's aliases.
  DnsAnswer of(std::string name) const {
    DnsAnswer answer{DnsAnswer::Kind::kAddresses, {}, 0, {}};
    uint32_t ttl_s = UINT32_MAX;
    int followed = 0;
    for (auto alias = aliases_.find(name); alias != aliases_.end(); alias = aliases_.find(name)) {
      if (++followed > kMaxAliases) return failed("its aliases lead nowhere");
      ttl_s = std::min(ttl_s, alias->second.ttl_s);
      name = alias->second.target;
    }
    const auto found = found_.find(name);
    if (found == found_.end()) return {DnsAnswer::Kind::kNone, {}, 0, "it has no addresses"};
    for (const auto& [address, address_ttl_s] : found->second) {
      answer.addresses.push_back(address);
      ttl_s = std::min(ttl_s, address_ttl_s);
    }
    std::sort(answer.addresses.begin(), answer.addresses.end());
    answer.addresses.erase(std::unique(answer.addresses.begin(), answer.addresses.end()),
                           answer.addresses.end());
    if (answer.addresses.size() > kMaxDnsAddresses) answer.addresses.resize(kMaxDnsAddresses);
    answer.ttl_ms = int64_t{ttl_s} * 1000;
    return answer;
  }

 private:
  struct Alias {
    std::string target;
    uint32_t ttl_s;
  };
  struct Address {
    std::string text;
    uint32_t ttl_s;
  };

  Reader& reader_;
  const DnsFamily family_;
  std::map<std::string, Alias> aliases_;
  std::map<std::string, std::vector<Address>> found_;
};

}  // namespace

DnsAnswer read_dns_answer(std::string_view message, std::string_view name, DnsFamily family) {
  Reader reader(message);
  const auto id = reader.u16(), flags = reader.u16(), questions = reader.u16();
  const auto answers = reader.u16(), authorities = reader.u16(), additionals = reader.u16();
  if (!id || !additionals || !authorities) return failed("the answer is no DNS message");
  if ((*flags & kIsResponse) == 0 || *questions != 1) {
    return failed("the answer is not an answer");
  }
  if ((*flags & kTruncated) != 0) return failed("the answer is cut off");
  const auto asked = reader.name();
  const auto type = reader.u16(), clazz = reader.u16();
  const std::string wanted = absl::AsciiStrToLower(absl_view(name));
  if (asked != wanted || type != type_of(family) || clazz != kClassInternet) {
    return failed("the answer is to another question");
  }
  const auto rcode = static_cast<uint16_t>(*flags & kRcodeMask);
  if (rcode == kNoSuchName) {
    return {DnsAnswer::Kind::kNone, {}, 0, "there is no such name"};
  }
  if (rcode != 0) return failed(str_cat("the DNS server answers with error ", rcode));
  Answers section(reader, family);
  if (!section.read(*answers)) return failed("the answer is malformed");
  return section.of(wanted);
}

}  // namespace limpet
