// Package iphlp reads the tables of TCP and UDP sockets as the IP Helper library of Windows (iphlpapi.dll) writes them,
// and the statistics that it keeps of a TCP connection.
//
// The formats are those of the headers tcpmib.h, udpmib.h and tcpestats.h. The parsers take bytes and build on every
// system; only the calls are of Windows. Ports stand in network byte order in the low half of a 32-bit word, whose other
// half means nothing; everything else is little endian.
package iphlp
