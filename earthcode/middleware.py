"""Headers that every answer carries."""


def response_headers(get_response):
    def middleware(request):
        return get_response(request)

    return middleware
