# sockeye in a container. It shows the sockets of the network namespace it runs in, so it is of use with the host's:
#
#   docker build -t sockeye .
#   docker run --rm --network host sockeye
#
# That is every socket of the machine, without the processes, which a user without privileges may not see. With them, as
# the same user with two capabilities and no others (and the host's user names):
#
#   docker run --rm --network host --pid host --user 0 --cap-drop ALL --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH \
#       --cap-add SETUID --cap-add SETGID --cap-add SETPCAP --security-opt no-new-privileges \
#       --security-opt apparmor=unconfined --volume /etc/passwd:/etc/passwd:ro sockeye --user 65532
#
# Capabilities given to a user that is not root have no effect, so it starts as root; the last three are used once, to
# leave root for good, and are gone then. File capabilities on the program would have an effect, but it could not start
# at all where they are not given. AppArmor's profile for containers forbids to read the descriptors of processes
# outside; the option has no effect where AppArmor is not in use.

FROM docker.io/library/golang:1.26-bookworm AS build
ARG GOPROXY
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /sockeye .

FROM scratch
COPY --from=build /sockeye /sockeye
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/sockeye"]
