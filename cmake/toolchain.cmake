# Compiler settings that hold for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

# Ours are warned about; generated code and system headers are not. With sanitizers, GCC warns of
# what is not there (its manual says not to combine them with -Werror), so warnings end the build of
# the others alone.
add_library(limpet_warnings INTERFACE)
target_compile_options(limpet_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
if(NOT LIMPET_SANITIZE)
  target_compile_options(limpet_warnings INTERFACE -Werror)
endif()

if(LIMPET_SANITIZE)
  add_compile_options(-fsanitize=${LIMPET_SANITIZE} -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${LIMPET_SANITIZE})
  if(LIMPET_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)  # Asio's fences; it locks as well
    # protobuf's messages are laid out differently under this macro, and Debian's library is built
    # without it.
    add_compile_options(-U__SANITIZE_THREAD__)
  endif()
  if(LIMPET_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

find_program(LIMPET_MOLD mold)
if(LIMPET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# ccache can keep objects that use a precompiled header only when it may ignore the header's
# own macros and times. Paths below the checkout are relative for it, so that every checkout of a
# machine shares what one has built.
find_program(LIMPET_CCACHE ccache)
if(LIMPET_CCACHE)
  set(sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=${sloppiness} CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${LIMPET_CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
add_compile_options(-fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
