"""The page: where people answer, and where a run is looked after. `create_app` in `app`, `serve` in `serve`.

It meets the trainer in the store and nowhere else, and imports no torch, so that it stays small beside it.
Modules import only from lines below their own:

    __main__                       the process
    runs                           the list of runs, a server of its own
    serve                          listening
    app                            all parts put together
    api, pages, mount              endpoints, our own pages, the dashboard as it is mounted
    context, dashboard             what endpoints share; Streamlit's pages
    gate                           who may pass
    caches                         what the server keeps in memory
    limits                         who gets how much of it
    errors, films, live            refusals; films and live play, which the caller supplies
    processes                      trainers and servers of pages, started beside this one
    outer                          the path below which a server is, figures of its requests
    headers, options               what every response says; how a server is set up
"""
