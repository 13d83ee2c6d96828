#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// A Service as a slice names it: (namespace, name). It need not exist.
using ServiceName = std::pair<std::string, std::string>;

// The slice that an entry holds; an empty one when the bytes cannot be read, which the dry run
// refuses before they are stored.
v1::EndpointSlice slice_of(const Entry& entry);

// Which EndpointSlices belong to a Service, so that a change of one Service's endpoints reads that
// Service's slices alone.
class SliceIndex {
 public:
  SliceIndex() = default;
  explicit SliceIndex(const Snapshot& snapshot);

  // The names of the Service's slices, in its namespace.
  const std::set<std::string>& slices_of(const ServiceName& service) const;

  // Follows a change. Requires: the index is that of `before`.
  void apply(const Snapshot& before, const Delta& delta);

 private:
  void add(const Entry& slice);
  void remove(const Entry& slice);

  std::map<ServiceName, std::set<std::string>> slices_;
};

}  // namespace limpet
