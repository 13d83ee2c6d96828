#include "server/listing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "core/base/secure_hash.h"
#include "core/base/text.h"
#include "core/snapshot/wire.h"
#include "server/history.h"

namespace limpet {
namespace {

// EPOCH.REVISION.ASKED-FOR.NAMESPACE/NAME, the first and the third in hexadecimal digits.
std::string to_token(const PageStart& start, uint64_t asked_for) {
  return str_cat(absl::Hex(start.epoch.value()), ".", start.revision, ".", absl::Hex(asked_for),
                 ".", start.after.ns, "/", start.after.name);
}

absl::StatusOr<PageStart> parse_token(const std::string& token, const Listing& listing) {
  const std::vector<std::string> parts = absl::StrSplit(token, absl::MaxSplits('.', 3));
  const absl::Status wrong = absl::InvalidArgumentError(
      "page_token is not of an answer to a List of this kind, namespace and selector");
  uint64_t epoch = 0;
  uint64_t asked_for = 0;
  PageStart start;
  if (parts.size() != 4 || !absl::SimpleHexAtoi(parts[0], &epoch) ||
      !absl::SimpleAtoi(parts[1], &start.revision) || !absl::SimpleHexAtoi(parts[2], &asked_for) ||
      asked_for != listing.asked_for) {
    return wrong;
  }
  const std::vector<std::string> name = absl::StrSplit(parts[3], absl::MaxSplits('/', 1));
  if (name.size() != 2) return wrong;
  start.epoch = Epoch(epoch);
  start.after = EntryKey{std::string(listing.kind->kind), name[0], name[1]};
  return start;
}

// Whether the page may have the entry, as far as its key tells.
bool is_listed(const Listing& listing, const EntryKey& key) {
  return (listing.ns.empty() || key.ns == listing.ns) &&
         (!listing.start || listing.start->after < key);
}

bool by_key(const EntryPtr& a, const EntryPtr& b) { return a->key < b->key; }

}  // namespace

absl::StatusOr<Listing> Listing::parse(const v1::ListRequest& request) {
  Listing listing;
  listing.kind = find_kind(request.kind());
  if (listing.kind == nullptr) {
    return absl::InvalidArgumentError(str_cat("unknown kind ", request.kind()));
  }
  listing.ns = request.namespace_();
  listing.limit = request.limit();
  absl::StatusOr<LabelSelector> selector = LabelSelector::parse(request.label_selector());
  if (!selector.ok()) return selector.status();
  listing.selector = *std::move(selector);
  listing.asked_for =
      id64_of_parts({request.kind(), request.namespace_(), request.label_selector()});
  if (request.page_token().empty()) return listing;
  absl::StatusOr<PageStart> start = parse_token(request.page_token(), listing);
  if (!start.ok()) return start.status();
  listing.start = *std::move(start);
  return listing;
}

absl::StatusOr<v1::ListResponse> list_page(const Snapshot& state, const Listing& listing) {
  std::vector<EntryPtr> entries;
  state.for_each(listing.kind->kind, [&](const EntryPtr& entry) {
    if (is_listed(listing, entry->key)) entries.push_back(entry);
  });
  std::sort(entries.begin(), entries.end(), by_key);

  v1::ListResponse page;
  *page.mutable_state() = to_proto(state.id());
  EntryKey last;
  for (const EntryPtr& entry : entries) {
    absl::StatusOr<v1::Resource> resource = resource_of(*entry);
    if (!resource.ok()) return resource.status();
    if (!listing.selector.selects(metadata_of(*object_of(*resource)).labels())) continue;
    if (listing.limit != 0 && static_cast<size_t>(page.resources_size()) == listing.limit) {
      // There is more, now it is known.
      page.set_next_page_token(
          to_token({state.id().epoch, state.id().revision, std::move(last)}, listing.asked_for));
      return page;
    }
    last = entry->key;
    *page.add_resources() = *std::move(resource);
  }
  return page;
}

}  // namespace limpet
