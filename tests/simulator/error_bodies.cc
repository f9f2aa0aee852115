#include "error_bodies.h"

#include <nlohmann/json.hpp>
#include <string>

#include "http/response.h"

namespace simulator {
namespace {

using Json = nlohmann::ordered_json;

void SetBody(Reply& reply, int status, const Json& body) {
  reply.StartOver();
  reply.status = status;
  reply.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void ModelArtsError(Reply& reply, int status, std::string_view code,
                    std::string_view message) {
  SetBody(reply, status, {{"error_code", code}, {"error_msg", message}});
}

void GatewayError(Reply& reply, int status, std::string_view code,
                  std::string_view message) {
  SetBody(reply, status,
          {{"error_msg", message},
           {"error_code", code},
           {"request_id", "5f3a0c7ee1d14c0b9a1df1a5d8a2b6c4"}});
}

void IamError(Reply& reply, int status, std::string_view message) {
  SetBody(reply, status,
          {{"error",
            {{"code", status},
             {"message", message},
             {"title", exporter::ReasonPhrase(status)}}}});
}

void HtmlError(Reply& reply, int status) {
  const std::string title = std::to_string(status) + " " +
                            std::string(exporter::ReasonPhrase(status));
  reply.StartOver();
  reply.status = status;
  reply.content_type = "text/html";
  reply.body = "<html>\r\n<head><title>" + title +
               "</title></head>\r\n<body>\r\n<center><h1>" + title +
               "</h1></center>\r\n<hr><center>api-gateway</center>\r\n"
               "</body>\r\n</html>\r\n";
}

void UnpublishedError(Reply& reply) {
  GatewayError(reply, 404, "APIG.0101",
               "The API does not exist or has not been published in the "
               "environment");
}

void ThrottledError(Reply& reply, std::string_view limit,
                    std::string_view time) {
  GatewayError(reply, 429, "APIG.0308",
               "The throttling threshold has been reached: policy user over "
               "ratelimit,limit:" +
                   std::string(limit) + ",time:" + std::string(time));
}

}  // namespace simulator
