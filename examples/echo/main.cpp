#include <iostream>

#include <boost/system/system_error.hpp>

#include "examples/echo/options.h"
#include "examples/echo/server.h"

int main(int argc, char** argv) {
  const auto parsed = limpet::echo::parse_options(argc, argv, LIMPET_VERSION);
  if (const auto* exit = std::get_if<limpet::echo::Exit>(&parsed)) {
    (exit->code == 0 ? std::cout : std::cerr) << exit->text;
    return exit->code;
  }
  try {
    limpet::echo::run(std::get<limpet::echo::Options>(parsed));
  } catch (const boost::system::system_error& error) {
    std::cerr << "limpet-echo: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
