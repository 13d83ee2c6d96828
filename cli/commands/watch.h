// get -w: objects, and then each change of them.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/fetch.h"
#include "cli/commands/output_format.h"

namespace limpet::cli {

struct WatchOptions {
  OutputFormat::Kind output = OutputFormat::Kind::kTable;  // not of columns, nor of a template
  bool no_headers = false;
  bool show_labels = false;
  std::vector<std::string> label_columns;
};

// Runs until the server ends it, or gwctl is interrupted.
int watch_objects(const Session& session, const Selection& selection,
                  const WatchOptions& options);

}  // namespace limpet::cli
