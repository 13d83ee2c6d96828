// -o of get: how objects are shown.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/jsonpath/syntax.h"
#include "cli/output/table.h"
#include "manifest/document.h"

namespace limpet::cli {

struct CustomColumn {
  std::string header;
  jsonpath::Path path;
};

struct OutputFormat {
  enum class Kind { kTable, kWide, kYaml, kJson, kName, kColumns, kTemplate };
  Kind kind = Kind::kTable;
  std::vector<CustomColumn> columns;       // of kColumns
  std::vector<jsonpath::Part> parts = {};  // of kTemplate
};

// As CLI11 writes the values of a flag, for its help and for what completes command lines.
inline constexpr char kOutputValues[] =
    "TEXT:{wide,yaml,json,name,custom-columns=,custom-columns-file=,jsonpath=,jsonpath-file=}";

// Reads the file that the text names, if it names one.
absl::StatusOr<OutputFormat> parse_output(std::string text);

// Missing fields are "<none>", several values have commas between.
absl::StatusOr<Table> columns_table(const std::vector<CustomColumn>& columns,
                                    const std::vector<DocumentNode>& objects);

}  // namespace limpet::cli
