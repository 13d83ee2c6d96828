// The columns of each kind's table, in kubectl's manner.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "cli/output/table.h"
#include "core/resource/kind.h"
#include "limpet/v1/resource.pb.h"

namespace limpet::cli {

struct TableStyle {
  bool wide = false;
  bool with_namespace = false;
  bool with_kind = false;  // names are shown as "httproute.gateway.networking.k8s.io/NAME"
  absl::Time now;          // that ages are counted to
  bool show_labels = false;  // as a last column
  std::vector<std::string> label_columns = {};  // keys of labels, a column each
  std::span<const std::string> events = {};  // one per resource, for a first column; or none
};

// Requires: all resources are of that kind.
Table kind_table(const KindInfo& kind, std::span<const v1::Resource> resources,
                 const TableStyle& style);

// "httproute.gateway.networking.k8s.io", "service": a kind as kubectl writes it.
std::string kind_label(const KindInfo& kind);

// "5s", "12m", "3h", "2d": the time since then as kubectl writes it; "<unknown>" for none.
std::string age(absl::Time since, absl::Time now);

}  // namespace limpet::cli
