// What a command has of the world: a test gives it another one.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include <absl/time/time.h>

#include "cli/connection.h"
#include "cli/management.h"

namespace limpet::cli {

struct Environment {
  std::istream& in;
  std::ostream& out;  // data
  std::ostream& err;  // words
  bool progress;      // `err` is a terminal: a line that overwrites itself may be shown
  size_t progress_columns;  // of that terminal; 0: not known
  size_t columns;     // of the terminal that `out` is, to fit tables into; 0: it is none
  bool color;         // `out` is a terminal, and colours are wanted
  std::string version;
  std::string config_file;  // where contexts are kept; empty: nowhere
  std::function<absl::Time()> now;
  std::function<void(absl::Duration)> sleep;
  // Lets a person edit a file; returns when that is done.
  std::function<absl::Status(const std::string& file)> edit;
  std::function<std::unique_ptr<Management>(const Connection& connection)> connect;
};

}  // namespace limpet::cli
