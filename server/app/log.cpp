#include "app/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <memory>
#include "base/system_clock.h"
#include "base/time.h"

namespace app {
namespace {

constexpr std::size_t kFileBytesMax = 8 * 1024 * 1024;
constexpr std::size_t kOldFilesMax = 5;
constexpr std::size_t kLineBytesMax = 1024;  // a sentence is shorter; whatever a path may hold

spdlog::level::level_enum levelOf(net::LogLevel level) {
    switch (level) {
        case net::LogLevel::Info:
            return spdlog::level::info;
        case net::LogLevel::Warning:
            return spdlog::level::warn;
        case net::LogLevel::Error:
            break;
    }
    return spdlog::level::err;
}

/// One event is one line, whatever somebody managed to put into a name.
std::string oneLine(const std::string& sentence) {
    std::string line = sentence.substr(0, kLineBytesMax);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return line;
}

}  // namespace

base::Result<net::Log> openLog(const store::Path& path) {
    try {
        auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
            path.string(), kFileBytesMax, kOldFilesMax);
        auto logger = std::make_shared<spdlog::logger>("server", std::move(sink));
        // The times are those of all other programs here, whatever zone the machine is set to.
        logger->set_pattern("%v");
        logger->flush_on(spdlog::level::info);
        return net::Log([logger](net::LogLevel level, const std::string& sentence) {
            const auto of = levelOf(level);
            const auto name = spdlog::level::to_string_view(of);
            std::string line = base::toIsoTime(base::SystemClock().nowMs()) + " ";
            line.append(name.data(), name.size()).append(8 - name.size(), ' ');
            logger->log(of, line + oneLine(sentence));
        });
    } catch (const spdlog::spdlog_ex&) {
        return base::fail(base::Code::Io,
                          "Cannot write the log file '" + path.string() +
                              "'; name another one with --log, or give this user the right to "
                              "write it.");
    }
}

}  // namespace app
