#include "app/output.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace app {

std::string toText(const nlohmann::ordered_json& document) {
    // A path need not be UTF-8; what is not is shown as U+FFFD.
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print(Format format, const Answer& answer) {
    if (format == Format::Json) {
        std::cout << answer.json << "\n";
    } else {
        std::cout << answer.text;
    }
    std::cout.flush();
}

int printFailure(Format format, const base::Error& error) {
    const std::string message = base::sentence(error.message);
    if (format == Format::Json) {
        nlohmann::ordered_json document;
        document["error"]["code"] = base::codeName(error.code);
        document["error"]["message"] = message;
        std::cout << toText(document) << "\n";
        std::cout.flush();
    } else {
        std::cerr << "thongsuot-server: " << message << "\n";
    }
    return error.code == base::Code::Usage ? kUsage : kFailed;
}

}  // namespace app
