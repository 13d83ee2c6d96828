// List: objects of one kind at one revision, a page at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "core/resource/kind.h"
#include "core/resource/label_selector.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/management.pb.h"

namespace limpet {

// Where a page begins. As text it is the API's page_token.
struct PageStart {
  Epoch epoch;
  uint64_t revision = 0;
  EntryKey after;  // the last object of the page before
};

struct Listing {
  const KindInfo* kind = nullptr;
  std::string ns;  // empty: all
  LabelSelector selector;
  size_t limit = 0;        // 0: no limit
  uint64_t asked_for = 0;  // names kind, namespace and selector: the next page is of the same
  std::optional<PageStart> start;

  // INVALID_ARGUMENT also for a page_token that is not of an answer to this request.
  static absl::StatusOr<Listing> parse(const v1::ListRequest& request);
};

// The page, from the state that it is of. Costs in proportion to all objects of the kind.
absl::StatusOr<v1::ListResponse> list_page(const Snapshot& state, const Listing& listing);

}  // namespace limpet
